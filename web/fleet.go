package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// fleet is what the product watches: the configured clusters, or simulated
// ones. To everything behind it the two are the same.
type fleet struct {
	members   []*cluster.Picture
	nodes     []remoting.Node
	simulated bool
	control   string                      // URL of the simulator's control page
	run       func(context.Context) error // keeps the simulation going
	close     func()
}

func newFleet(cfg config, log *slog.Logger) (*fleet, error) {
	if len(cfg.Clusters) > 0 {
		return realFleet(cfg)
	}
	return simulatedFleet(simulator.Options{Story: cfg.Story, Control: true, Logger: log})
}

func realFleet(cfg config) (*fleet, error) {
	f := &fleet{
		run:   func(ctx context.Context) error { <-ctx.Done(); return nil },
		close: func() {},
	}
	for _, c := range cfg.Clusters {
		password, err := c.password(os.Getenv)
		if err != nil {
			return nil, fmt.Errorf("cluster %s: %w", c.Name, err)
		}
		var roots *x509.CertPool
		if c.CAFile != "" {
			pem, err := os.ReadFile(c.CAFile)
			if err != nil {
				return nil, fmt.Errorf("cluster %s: ca_file: %w", c.Name, err)
			}
			roots = x509.NewCertPool()
			if !roots.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("cluster %s: ca_file %s: %w", c.Name, c.CAFile, errors.New("no certificate in it"))
			}
		}
		var names []string
		for _, n := range c.Nodes {
			names = append(names, n.Name)
			f.nodes = append(f.nodes, remoting.Node{
				Cluster: c.Name, Name: n.Name, URL: n.URL,
				Identity: cluster.Identity{User: c.User, Password: cluster.NewSecret(password)}, RootCAs: roots,
			})
		}
		f.members = append(f.members, cluster.NewPicture(c.Name, names))
	}
	return f, nil
}

func simulatedFleet(opts simulator.Options) (*fleet, error) {
	sim, err := simulator.Start(opts)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	f := &fleet{simulated: true, control: sim.ControlURL(), run: sim.Run, close: sim.Close}
	byCluster := map[string]int{}
	for _, e := range sim.Nodes() {
		f.nodes = append(f.nodes, remoting.Node{
			Cluster: e.Cluster, Name: e.Node, URL: e.HTTP, Identity: cluster.Identity{User: e.User, Password: cluster.NewSecret(e.Password)},
		})
		i, seen := byCluster[e.Cluster]
		if !seen {
			i = len(f.members)
			byCluster[e.Cluster] = i
			f.members = append(f.members, cluster.NewPicture(e.Cluster, nil))
		}
		f.members[i].Members = append(f.members[i].Members, e.Node)
	}
	return f, nil
}

// banner is the one line printed at the start.
func (f *fleet) banner(url string) string {
	if !f.simulated {
		return fmt.Sprintf("LooksAlive is at %s", url)
	}
	return fmt.Sprintf("LooksAlive is at %s (simulated clusters; break something at %s)", url, f.control)
}

// buildID tells a browser that its page is from an older build.
func buildID() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
