// Command gorgonode fits neural differential equations to tables of measurements, forecasts with them, and solves
// differential equations that are written as text.
//
//	gorgonode fit counts.csv               learn an equation from a table, keep it with pictures in a run folder
//	gorgonode predict runs/counts          solve the learned equation
//	gorgonode solve model.ode              solve an equation of a model file
//	gorgonode gradcheck model.ode          compare the gradient modes on it
//	gorgonode methods                      list the methods of integration
//	gorgonode version                      tell what this program is
//
// gorgonode COMMAND --help explains each. What was asked for goes to stdout; progress and errors go to stderr, an error as
// one line that says what, where and what to do.
//
// Exit codes: 0 for success; 1 if training or solving failed; 2 for bad usage or bad input, before anything was computed;
// 130 if interrupted.
package main
