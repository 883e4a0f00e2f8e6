package toy

import (
	"math"
	"math/rand/v2"
)

// Checkerboard is uniform over eight of the sixteen squares of side 2 that make up [−4, 4)², those whose column and row add
// up to an even number, counted from the corner (−4, −4). Its density is 1/32 there, and its entropy ln 32.
func Checkerboard() Set {
	return Set{
		Name: "checkerboard", Reach: 4,
		draw: func(rng *rand.Rand) (x, y float64) {
			col := rng.IntN(4)
			row := 2*rng.IntN(2) + col%2
			return 2*(float64(col)+rng.Float64()) - 4, 2*(float64(row)+rng.Float64()) - 4
		},
		LogDensity: func(x, y float64) float64 {
			col, row := math.Floor((x+4)/2), math.Floor((y+4)/2)
			if col < 0 || col > 3 || row < 0 || row > 3 || math.Mod(col+row, 2) != 0 {
				return math.Inf(-1)
			}
			return -math.Log(32)
		},
	}
}
