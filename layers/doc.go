// Package layers has the building blocks of models: linear and convolutional layers, activations, normalisations,
// perceptrons, compositions, losses, and the layers that solve a differential equation.
//
// # A layer
//
// A Layer is a function of a node and owns its parameters. It works alike in the graph that is trained and inside of a
// vector field, because it finds its parameters' nodes in whatever graph its input is in (graph.Param.In). All these
// nodes share the parameters' memory: a graph for evaluation, with batches of another size, sees what training does.
//
//	rng := rand.New(rand.NewPCG(1, 2))
//	encoder, err := layers.NewLinear(rng, "encoder", 2, 4)
//	net, err := layers.NewMLP(rng, "field", []int{4, 32, 4}, layers.WithActivation(layers.SiLU()))
//	block, err := layers.NewODEBlock(net, nil)             // y' = net(y) from 0 to 1
//	decoder, err := layers.NewLinear(rng, "decoder", 4, 1)
//
//	model := layers.Sequential(encoder, block, decoder)
//	y, err := model.Forward(x)                             // x is (batch, 2), y is (batch, 1)
//	weights := graph.ParamNodes(x.Graph(), model.Params()) // for gorgonia.Grad and gorgonia.BindDualValues
//
// # How layers are made
//
// What owns parameters is made by a New… function, which returns an error; its options begin with With. What owns none
// is a plain value, Tanh() or Augment(2), and what is wrong with it is an error of Forward. Nothing panics.
//
// Randomness comes from the generator that the caller gives, so a seed fixes a model; weights are drawn in the order in
// which layers are made. A layer's name begins the names of its parameters, and a weights file needs them to differ
// (graph.UniqueNames).
//
// Every layer but those made of others is one Op in its graph: it is written with Gorgonia's functions, traced, and
// called compiled (graph.Trace, graph.Call), under a TapeMachine and a LispMachine alike. Layers of any rank act on the
// last axis, and see the axes before it as a batch.
//
// training.SaveParams and LoadParams keep the parameters in a file.
//
// # Fields
//
// Any layer that keeps the shape is a vector field: Field makes an odeop.Field of it, and NewODEBlock takes it as it is.
// A TimeLayer takes the time too. Sequential and Residual hand it on, so that a field which depends on time is
//
//	layers.Sequential(layers.ConcatTime(), net) // net: (…, d+1) → (…, d)
//
// The other way round, FieldFunc makes a layer of an odeop.Field, and Func of any function; both are told which
// parameters they use. An ODEBlock refuses a field that uses others: nobody would train them.
//
// A field has a structure of its own where the model has one: [Hamiltonian] of an energy and [Lagrangian] are gradients
// of a network, [SecondOrder] is x″ = f(x, x′, t), whose first velocity is that of [InitialVelocity].
// [NewSymplecticBlock] solves those that are separable without a drift of the energy. Weights that depend on time are
// made by [GalerkinLinear], from a [Basis], and by [HyperLinear], from a network; [ConcatTimeChannel] is ConcatTime for
// images.
//
// What an ODEBlock costs in time and memory, and how exact its gradients are, is told by the gradient modes of odeop.
//
// # Dynamics that are easy to solve
//
// [ODEBlock.ForwardWithCost] integrates regularisers along the solve, [KineticEnergy], [JacobianFrobenius] and
// [TotalDerivative], and [ODEBlock.WithRandomEndTime] draws the last time anew in each training step. [ODEBlock.Stats]
// and odeop.RecordRows count the evaluations, of a batch and of each sample. A [Hypersolver] learns the error of a
// method of few steps. EulerNet and ResNet are the residual networks to compare with.
//
// What is random, here and in [Dropout], is a function of a seed and of a [Step], the number of the training step: a run
// can be repeated, and evaluation draws nothing.
//
// # Losses
//
// A loss is a function of nodes and gives one: [BinaryCrossEntropyFromLogits] and [CrossEntropyFromLogits] for classes,
// [GaussianNLL], [LogNormalNLL] and [PoissonNLL] for what was measured or counted, [GaussianKL] between normal
// distributions. Those of logits are finite for every finite logit, and so are their gradients. Each is one Op too; its
// options are [Reduce] and [Weighted], which takes a mask.
//
// # The rooms beside
//
// layers/flow has normalizing flows; layers/series ragged batches of irregular series, and layers/recurrent, layers/cfc,
// layers/latent and layers/cde the models of them: gated units to ODE-RNN, closed-form and liquid networks, latent ODEs and
// controlled differential equations; layers/sde has latent SDEs and SDE-GANs.
package layers
