//go:build !race

package remoting_test

// raced is that the race detector makes everything about ten times slower.
const raced = false
