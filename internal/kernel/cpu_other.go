//go:build !amd64 || purego

package kernel

func detect() instructions { return portable }
