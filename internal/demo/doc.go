// Package demo holds experiments that show what the library does, each against a published or a known result. Command
// gorgonode demo NAME runs one; tests run short versions.
//
// An experiment is a function in a file of its own name, and a line in [All]. It takes its data from Options.Data or
// makes them from Options.Seed, writes pictures and tables to Options.Out, and returns the figures that it is judged by.
package demo
