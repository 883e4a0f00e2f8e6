// The generator of the assembly in package kernel. It runs by `go generate` there and writes the same bytes every time.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// topics are the files to write: name_amd64.s with the code and name_stubs_amd64.go with the declarations.
var topics = []struct {
	name  string
	build func(*build.Context)
}{
	{"gemm", gemm},
	{"pack", pack},
	{"unfold", unfold},
	{"math", mathFunctions},
	{"arith", arithmetic},
	{"stepper", stepper},
}

func main() {
	log.SetFlags(0)
	const out = ".." // package kernel
	for _, t := range topics {
		c := build.NewContext()
		c.ConstraintExpr("amd64,!purego")
		t.build(c)
		f, err := c.Result()
		if err == nil {
			err = pass.Concat(pass.Compile, pass.FunctionPass(dropSelfMoves)).Execute(f)
		} else {
			build.LogError(log.Default(), err, 10)
		}
		if err != nil {
			log.Fatalf("%s: %v", t.name, err)
		}
		write(f, filepath.Join(out, t.name+"_amd64.s"), printer.NewGoAsm)
		write(f, filepath.Join(out, t.name+"_stubs_amd64.go"), printer.NewStubs)
	}
	writeDispatch(out)
}

// dropSelfMoves removes copies of a register to itself, which are left where a result took the place of an argument.
func dropSelfMoves(f *ir.Function) error {
	kept := f.Nodes[:0]
	for _, n := range f.Nodes {
		if i, ok := n.(*ir.Instruction); ok && len(i.Operands) == 2 && i.Operands[0] == i.Operands[1] &&
			(i.Opcode == "VMOVAPS" || i.Opcode == "VMOVAPD") {
			continue
		}
		kept = append(kept, n)
	}
	f.Nodes = kept
	return nil
}

func write(f *ir.File, path string, p printer.Builder) {
	text, err := p(printer.Config{Argv: []string{"go", "generate"}, Pkg: "kernel"}).Print(f)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		log.Fatal(err)
	}
}
