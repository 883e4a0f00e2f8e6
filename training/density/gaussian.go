package density

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Gaussian is the mean of −ln p on rows, in nats, of the normal distribution with the mean and the covariances of train:
// what any other density has to beat. It is an error if a column of train does not vary or depends linearly on others.
func Gaussian(train, rows [][]float64) (float64, error) {
	if err := checkRows(train); err != nil {
		return 0, err
	}
	if err := checkRows(rows); err != nil {
		return 0, err
	}
	d := len(train[0])
	if len(rows[0]) != d {
		return 0, errors.Errorf("density: gaussian: rows of %d numbers, and %d to train on", len(rows[0]), d)
	}
	x := mat.NewDense(len(train), d, flat(train))
	mean := make([]float64, d)
	for j := range mean {
		mean[j] = stat.Mean(mat.Col(nil, j, x), nil)
	}
	var cov mat.SymDense
	stat.CovarianceMatrix(&cov, x, nil)
	var chol mat.Cholesky
	if !chol.Factorize(&cov) {
		return 0, errors.New("density: gaussian: the covariance is singular")
	}
	nll := 0.0
	for _, r := range rows {
		e := mat.NewVecDense(d, nil)
		for j := range d {
			e.SetVec(j, r[j]-mean[j])
		}
		var w mat.VecDense
		if err := chol.SolveVecTo(&w, e); err != nil {
			return 0, errors.Wrap(err, "density: gaussian")
		}
		nll += (mat.Dot(e, &w) + chol.LogDet() + float64(d)*math.Log(2*math.Pi)) / 2 / float64(len(rows))
	}
	return nll, nil
}
