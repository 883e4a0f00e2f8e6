package seriesfit

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// AUC is the area under the receiver operating characteristic: the chance that a random positive scores higher than a random
// negative, where equal scores count a half (Hanley and McNeil 1982). It is NaN without a positive, without a negative, and
// if a score is NaN.
func AUC(scores []float64, positive []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
		if math.IsNaN(scores[i]) {
			return math.NaN()
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	// Σ of the ranks of the positives, the mean rank for equal scores (Mann and Whitney 1947).
	var ranks float64
	n := 0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && scores[order[j]] == scores[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if positive[k] {
				ranks += float64(i+j+1) / 2
				n++
			}
		}
		i = j
	}
	m := len(order) - n
	if n == 0 || m == 0 {
		return math.NaN()
	}
	return (ranks - float64(n)*float64(n+1)/2) / (float64(n) * float64(m))
}

// ROC is the curve under which the AUC is the area: false and true positive rates for a threshold that falls, from (0, 0) to
// (1, 1).
func ROC(scores []float64, positive []bool) (falsePositive, truePositive []float64) {
	order := make([]int, len(scores))
	n, m := 0.0, 0.0
	for i := range order {
		order[i] = i
		if positive[i] {
			n++
		} else {
			m++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	falsePositive, truePositive = []float64{0}, []float64{0}
	up, right := 0.0, 0.0
	for i, k := range order {
		if positive[k] {
			up++
		} else {
			right++
		}
		if i+1 == len(order) || scores[order[i+1]] != scores[k] {
			falsePositive, truePositive = append(falsePositive, right/m), append(truePositive, up/n)
		}
	}
	return falsePositive, truePositive
}

// ClassMetrics compares logits (n, C) with classes, of which −1 is one that is not known: "loss", the cross-entropy weighted
// by class (nil is 1 each), "nll", the cross-entropy in nats without weights, "accuracy" and "auc", that of the second of
// two classes, or the mean over those of one class against the others. What can't be had, as the AUC of one class alone, is
// left out.
func ClassMetrics(logits [][]float64, classes []int, weights []float64) map[string]float64 {
	var scores [][]float64
	var known []int
	var nll, loss, total, right float64
	for i, c := range classes {
		if c < 0 {
			continue
		}
		p := Softmax(logits[i])
		scores, known = append(scores, p), append(known, c)
		l := logSumExp(logits[i]) - logits[i][c]
		w := 1.0
		if weights != nil {
			w = weights[c]
		}
		nll, loss, total = nll+l, loss+w*l, total+w
		if argmax(p) == c {
			right++
		}
	}
	n := float64(len(known))
	if n == 0 {
		return map[string]float64{}
	}
	m := map[string]float64{"loss": loss / total, "nll": nll / n, "accuracy": right / n}
	if auc := macroAUC(scores, known); !math.IsNaN(auc) {
		m["auc"] = auc
	}
	return m
}

// macroAUC is that of class 1 against class 0, or, for more classes, the mean over those of one class against the others.
func macroAUC(scores [][]float64, classes []int) float64 {
	sum, count := 0.0, 0
	for c := range scores[0] {
		if len(scores[0]) == 2 && c == 0 {
			continue
		}
		s, positive := make([]float64, len(scores)), make([]bool, len(scores))
		for i := range scores {
			s[i], positive[i] = scores[i][c], classes[i] == c
		}
		if auc := AUC(s, positive); !math.IsNaN(auc) {
			sum, count = sum+auc, count+1
		}
	}
	return sum / float64(count)
}

func logSumExp(x []float64) float64 {
	most := slices.Max(x)
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

// Softmax are the probabilities of logits.
func Softmax(x []float64) []float64 {
	all := logSumExp(x)
	p := make([]float64, len(x))
	for i, v := range x {
		p[i] = math.Exp(v - all)
	}
	return p
}

func argmax(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// ClassOf are the numbers of the classes of the series of a set; −1 where there is none.
func ClassOf(set *series.Set) []int {
	classes := make([]int, len(set.Series))
	for i, s := range set.Series {
		classes[i] = -1
		if len(s.Label) == 1 && !math.IsNaN(s.Label[0]) {
			classes[i] = int(s.Label[0])
		}
	}
	return classes
}

// ClassWeights are those of a loss: as they are given, nil for 1 each, or balanced, inverse to how often a class is among
// the series of a set, so that their mean over the series is 1.
func ClassWeights(train *series.Set, given []float64, balance bool) ([]float64, error) {
	counts, n := make([]float64, len(train.Classes)), 0.0
	for _, c := range ClassOf(train) {
		if c >= 0 {
			counts[c]++
			n++
		}
	}
	switch {
	case balance && given != nil:
		return nil, errors.New("class weights are given, and are to be balanced: want one of them")
	case given != nil && len(given) != len(counts):
		return nil, errors.Errorf("%d class weights for the classes %q", len(given), train.Classes)
	case n == 0:
		return nil, errors.Errorf("no series of %s has a class", train.Name)
	}
	if !balance {
		return given, nil
	}
	weights := make([]float64, len(counts))
	for i, k := range counts {
		if k == 0 {
			return nil, errors.Errorf("the training part has no series of class %q to balance", train.Classes[i])
		}
		weights[i] = n / (k * float64(len(counts)))
	}
	return weights, nil
}
