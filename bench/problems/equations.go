package problems

func lotkaVolterra(_ float64, y, d []float64) error {
	d[0] = 1.5*y[0] - y[0]*y[1]
	d[1] = -3*y[1] + y[0]*y[1]
	return nil
}

func lorenz(_ float64, y, d []float64) error {
	d[0] = 10 * (y[1] - y[0])
	d[1] = y[0]*(28-y[2]) - y[1]
	d[2] = y[0]*y[1] - 8./3*y[2]
	return nil
}

// vanDerPol is y” = μ (1 − y²) y' − y.
func vanDerPol(mu float64) func(float64, []float64, []float64) error {
	return func(_ float64, y, d []float64) error {
		d[0], d[1] = y[1], mu*(1-y[0]*y[0])*y[1]-y[0]
		return nil
	}
}

func vanDerPolJacobian(mu float64) func(float64, []float64, []float64) error {
	return func(_ float64, y, j []float64) error {
		j[1], j[2], j[3] = 1, -2*mu*y[0]*y[1]-1, mu*(1-y[0]*y[0])
		return nil
	}
}

func robertson(_ float64, y, d []float64) error {
	a, b, c := 0.04*y[0], 1e4*y[1]*y[2], 3e7*y[1]*y[1]
	d[0], d[1], d[2] = b-a, a-b-c, c
	return nil
}

func robertsonJacobian(_ float64, y, j []float64) error {
	j[0], j[1], j[2] = -0.04, 1e4*y[2], 1e4*y[1]
	j[3], j[4], j[5] = 0.04, -1e4*y[2]-6e7*y[1], -1e4*y[1]
	j[7] = 6e7 * y[1]
	return nil
}

func hires(_ float64, y, d []float64) error {
	r := 280 * y[5] * y[7]
	d[0] = -1.71*y[0] + 0.43*y[1] + 8.32*y[2] + 0.0007
	d[1] = 1.71*y[0] - 8.75*y[1]
	d[2] = -10.03*y[2] + 0.43*y[3] + 0.035*y[4]
	d[3] = 8.32*y[1] + 1.71*y[2] - 1.12*y[3]
	d[4] = -1.745*y[4] + 0.43*(y[5]+y[6])
	d[5] = -r + 0.69*y[3] + 1.71*y[4] - 0.43*y[5] + 0.69*y[6]
	d[6] = r - 1.81*y[6]
	d[7] = -d[6]
	return nil
}

func hiresJacobian(_ float64, y, j []float64) error {
	j[0], j[1], j[2] = -1.71, 0.43, 8.32
	j[8], j[9] = 1.71, -8.75
	j[18], j[19], j[20] = -10.03, 0.43, 0.035
	j[25], j[26], j[27] = 8.32, 1.71, -1.12
	j[36], j[37], j[38] = -1.745, 0.43, 0.43
	j[43], j[44], j[45], j[46], j[47] = 0.69, 1.71, -280*y[7]-0.43, 0.69, -280*y[5]
	j[53], j[54], j[55] = 280*y[7], -1.81, 280*y[5]
	j[61], j[62], j[63] = -280*y[7], 1.81, -280*y[5]
	return nil
}
