package empirical

// Quantile is the value below which a part q of sorted numbers lies, 0 ≤ q ≤ 1: the i-th of n, counted from 0, is that of
// i/(n−1), and between two of them it is a straight line (Hyndman and Fan 1996, definition 7).
func Quantile(sorted []float64, q float64) float64 {
	x := q * float64(len(sorted)-1)
	i := min(int(x), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (x-float64(i))*(sorted[j]-sorted[i])
}
