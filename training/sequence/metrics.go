package sequence

import (
	"cmp"
	"math"
	"slices"
)

// Metrics are what a model makes of a part of the data. Of Classify: "loss" (the weighted cross-entropy that is trained), "nll"
// (cross-entropy in nats, without weights), "accuracy" and "auc". Of Regress and Forecast: "mse" in the squared units of the data,
// "scaled_mse" in the scale of training, and with a distribution "nll", the mean of −ln p in nats and the data's units; "loss" is
// what is trained. A figure that can't be had, as the AUC of one class alone, is left out.
type Metrics map[string]float64

// AUC is the area under the receiver operating characteristic: the chance that a random positive scores higher than a random negative,
// where equal scores count a half (Hanley and McNeil 1982). It is NaN without a positive, without a negative, and if a score is NaN.
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

// ROC is the curve under which the AUC is the area: false and true positive rates for a threshold that falls, from (0, 0) to (1, 1).
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

// classMetrics compares logits (n, C) with classes; −1 is one that is not known. Weights may be nil.
func classMetrics(logits [][]float64, classes []int, weights []float64) Metrics {
	var scores [][]float64
	var known []int
	var nll, loss, total, right float64
	for i, c := range classes {
		if c < 0 {
			continue
		}
		p := softmax(logits[i])
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
		return Metrics{}
	}
	m := Metrics{"loss": loss / total, "nll": nll / n, "accuracy": right / n}
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

func softmax(x []float64) []float64 {
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
