// Package images has sets of labelled grey images: the reader of the IDX files in which MNIST and its relatives are
// given, and the batches of a training run, standardized.
//
//	train, err := images.Load("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
//	mean, sd := train.Moments()
//	train.Fill(x, class, order[:128], mean, sd) // x is (128, 1, 28, 28), row-major
package images
