// Package collector decides when to ask which node what, and turns the answers
// into faults by the rules of package cluster. It knows neither how a node is
// asked nor where reports are kept: Asker and Sink are joined to it from outside.
package collector

import (
	"context"
	"log/slog"
	"time"

	"looksalive/cluster"
)

// Asker asks one node one question. A failure is an observation too: Reach says
// why. It must return soon after ctx ends.
type Asker interface {
	Ask(ctx context.Context, clusterName, node string, q cluster.Question) cluster.Observation
}

// Sink takes every report. It is called from many goroutines, but for one
// cluster only one call runs at a time, in the order of the pictures.
type Sink interface {
	Record(ctx context.Context, r cluster.Report) error
}

// Options are what New needs. Clusters, Ask and Sink are required.
type Options struct {
	// Clusters are the pictures to start from: the members to ask and whatever
	// was known of them before. Names are unique.
	Clusters []*cluster.Picture
	Ask      Asker
	Sink     Sink
	Logger   *slog.Logger     // nil discards
	Seed     uint64           // of the jitter
	Now      func() time.Time // nil means time.Now
}

// Collector asks all nodes of all clusters, for as long as it runs.
type Collector struct{ o Options }

// New checks the options.
func New(o Options) (*Collector, error) { return &Collector{o}, nil }

// Run asks until ctx ends, which is no error.
func (c *Collector) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Wake says that something happened to a node (its session died): it and its
// cluster are asked now.
func (c *Collector) Wake(clusterName, node string) {}
