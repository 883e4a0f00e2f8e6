// Package damage is for tests of what loads models: it puts damaged copies in the place of a run's files, and sees that
// loading ends in an error where it must, and never in a panic.
package damage
