// Package option has what the functional options of constructors have in common.
//
// The constructors of a package share one type of option, a function that changes their settings, and each constructor
// takes some of them. Settings that embed Names know which options they were given, so that one which a constructor does
// not take is an error, and not ignored:
//
//	type Option func(*config) error
//
//	type config struct {
//		option.Names
//		units int
//	}
//
//	func WithUnits(n int) Option {
//		return option.Named("WithUnits", func(c *config) error { c.units = n; return nil })
//	}
//
//	c := &config{units: 128}
//	err := option.Apply(c, opts)
//	err = c.Only("WithUnits", "WithDtype")
package option
