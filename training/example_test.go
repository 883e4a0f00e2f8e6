package training_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"

	"gorgonode/layers"
	"gorgonode/training"
)

func ExampleReadCSV() {
	text := `# yearly counts
when;prey;predator
2001-01-01;30;4
2001-07-02;;6.1
2003-01-01;70.2;NA
`
	s, err := training.ReadCSV(strings.NewReader(text), "counts.csv", training.CSVOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Names, s.TimeUnit)
	for i, t := range s.T {
		fmt.Printf("%.3f %v\n", t, s.X[i])
	}
	// Output:
	// [prey predator] year
	// 2001.000 [30 4]
	// 2001.499 [NaN 6.1]
	// 2003.000 [70.2 NaN]
}

func ExampleReadCSV_error() {
	_, err := training.ReadCSV(strings.NewReader("Year, Lynx, Hare\n1900, 4.0, 3o.0\n"), "lynx.csv", training.CSVOptions{})
	fmt.Println(err)
	// Output:
	// training: lynx.csv:2:12: column "Hare": "3o.0" is not a number
}

// From a file to batches of windows on the scale in which a model is trained.
func Example() {
	s, err := training.LoadCSV("../testdata/lynx-hare/hudson-bay-lynx-hare.csv", training.CSVOptions{})
	if err != nil {
		log.Fatal(err)
	}
	train, test, err := s.HoldOut(5)
	if err != nil {
		log.Fatal(err)
	}
	scale, err := training.FitTransform(train, training.TransformOptions{Scaling: training.LogStandardise})
	if err != nil {
		log.Fatal(err)
	}
	scaled, err := scale.Forward(train)
	if err != nil {
		log.Fatal(err)
	}
	windows, err := training.NewSegments(scaled, training.SegmentOptions{Length: 4, Batch: 8, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	batch, err := windows.Batch(0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Len(), "rows to train on,", test.Len(), "held out,", windows.Count(), "windows")
	fmt.Println("a batch of", len(batch), "with times", batch[0].T)
	// Output:
	// 16 rows to train on, 5 held out, 13 windows
	// a batch of 8 with times [0 1 2 3]
}

func ExampleEarlyStopping() {
	stop := training.EarlyStopping{Patience: 2}
	for step, loss := range []float64{0.9, 0.4, 0.5, 0.41, 0.3} {
		improved, enough, err := stop.Observe(step, loss)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(step, improved)
		if enough {
			fmt.Println("keep the weights of step", stop.BestStep)
			break
		}
	}
	// Output:
	// 0 true
	// 1 true
	// 2 false
	// 3 false
	// keep the weights of step 1
}

func ExampleSaveTensors() {
	dir, err := os.MkdirTemp("", "weights")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := dir + "/model.safetensors"
	weights := []training.NamedTensor{{Name: "w", Shape: []int{1, 2}, F64: []float64{0.5, -1}}}
	if err := training.SaveTensors(path, weights, map[string]string{"step": "100"}); err != nil {
		log.Fatal(err)
	}
	into := []training.NamedTensor{{Name: "w", Shape: []int{1, 2}, F64: make([]float64, 2)}}
	meta, err := training.LoadTensorsInto(path, into)
	fmt.Println(into[0].F64, meta["step"], err)
	// Output:
	// [0.5 -1] 100 <nil>
}

// What a model is made of again: its configuration, behind a Kind, and its weights.
func ExampleRunWriter_SaveModel() {
	type config struct {
		training.Kind
		Widths []int `json:"widths"`
	}
	kind := training.Kind{Format: 1, Model: "perceptron"}
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	c := config{kind, []int{2, 8, 1}}
	fitted, err := layers.NewMLP(rand.New(rand.NewPCG(1, 2)), "net", c.Widths)
	if err != nil {
		log.Fatal(err)
	}
	w, err := training.CreateRun(dir+"/run", false)
	if err != nil {
		log.Fatal(err)
	}
	if err := w.SaveModel(c, fitted.Params()); err != nil {
		log.Fatal(err)
	}
	run, err := w.Commit()
	if err != nil {
		log.Fatal(err)
	}

	var saved config
	if err := run.LoadConfig(kind, &saved); err != nil {
		log.Fatal(err)
	}
	again, err := layers.NewMLP(rand.New(rand.NewPCG(3, 4)), "net", saved.Widths)
	if err != nil {
		log.Fatal(err)
	}
	if err := run.LoadWeights(again.Params()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(reflect.DeepEqual(fitted.Params()[0].Float64s(), again.Params()[0].Float64s()))
	fmt.Println(run.LoadConfig(training.Kind{Format: 1, Model: "flow"}, &saved))
	// Output:
	// true
	// config.json is that of a "perceptron", and a "flow" was asked for
}
