// Package ivp gives programs the reference solutions of this folder, which SOURCE.md describes.
package ivp

import "embed"

// Files are reference.json, stiff.json, brusselator.json and condition.json.
//
//go:embed *.json
var Files embed.FS
