#!/usr/bin/env bash
# Times gorgonode, torchdiffeq and diffrax on the workloads of bench/workload, then gorgonode, SciPy and CVODE on the classic problems
# (W5, by ivp.py), one after the other in one run on one core, and prints the tables of ratios as Markdown. Needs Go, a network for
# pip, and torch as a system package (Debian: python3-torch, python3-venv); CVODE takes part where its headers are (libsundials-dev, gcc).
#
#     bench/peers/compare.sh [DIR]        # DIR keeps the peers and what was measured; a temporary folder if not given
#
# WORKLOAD=W1 limits it to the workloads that begin so; SPEND=2 is about the seconds for each measurement of a network; TORCH_PYTHON is
# the Python that has torch, /usr/bin/python3 if not given.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${1:-$(mktemp -d)}
spend=${SPEND:-2}
workload=${WORKLOAD:-}
mkdir -p "$dir"

[ -x "$dir/torch/bin/python" ] || {
	"${TORCH_PYTHON:-/usr/bin/python3}" -m venv --system-site-packages "$dir/torch"
	"$dir/torch/bin/pip" install -q --no-deps torchdiffeq==0.2.5
}
[ -x "$dir/jax/bin/python" ] || {
	python3 -m venv "$dir/jax"
	"$dir/jax/bin/pip" install -q diffrax==0.7.2 jax==0.10.2
}
go build -o "$dir/gorgonode" ./cmd/gorgonode

core=()
command -v taskset >/dev/null && core=(taskset -c "$(($(nproc) - 1))")
# The best settings of the peers' libraries on a machine with AVX-512; harmless elsewhere.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if grep -q avx512f /proc/cpuinfo 2>/dev/null; then
	export ATEN_CPU_CAPABILITY=avx512 OPENBLAS_CORETYPE=SkylakeX
fi

: >"$dir/lines.json"
for name in $("$dir/gorgonode" bench --list | awk '{print $1}'); do
	# W5 comes last; W7 compares rows that step alone with rows that step together.
	[[ $name == "$workload"* && $name != W5* && $name != W7* ]] || continue
	echo "$name" >&2
	"${core[@]}" "$dir/gorgonode" bench --json --workload "$name" --spend "${spend}s" >>"$dir/lines.json"
	"${core[@]}" "$dir/torch/bin/python" bench/peers/neural.py torchdiffeq --workload "$name" --spend "$spend" >>"$dir/lines.json"
	"${core[@]}" "$dir/jax/bin/python" bench/peers/neural.py diffrax --workload "$name" --spend "$spend" >>"$dir/lines.json"
done
[[ -s $dir/lines.json ]] && python3 bench/peers/ratios.py "$dir/lines.json"

if [[ -z $workload || $workload == W5* ]]; then
	cvode=()
	echo '#include <cvode/cvode.h>' | gcc -E - >/dev/null 2>&1 || cvode=(--no-cvode)
	"${core[@]}" "$dir/jax/bin/python" bench/peers/ivp.py "${cvode[@]}" # SciPy came with JAX
fi
