package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"looksalive/simulator"
)

// runSimulator runs the simulated clusters alone, so that any WinRM client can
// talk to them.
func runSimulator(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("looksalive simulator", flag.ContinueOnError)
	fs.SetOutput(stderr)
	asJSON := fs.Bool("json", false, "print one line of JSON instead of text")
	shapes := fs.String("clusters", "", "JSON `file` that describes the clusters (default two demo clusters)")
	nodes := fs.Int("nodes", 0, "simulate `N` nodes in clusters of up to 16 instead")
	story := fs.Bool("story", false, "make something happen every few minutes")
	seed := fs.Uint64("seed", 0, "`number` that decides every random choice (default a new one)")
	https := fs.Bool("https", true, "also listen with TLS")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	opts := simulator.Options{
		Seed: *seed, Story: *story, HTTPS: *https, Control: true,
		Logger: slog.New(slog.NewTextHandler(stderr, nil)),
	}
	switch {
	case *shapes != "" && *nodes > 0:
		return fmt.Errorf("-clusters and -nodes cannot be given together")
	case *shapes != "":
		b, err := os.ReadFile(*shapes)
		if err != nil {
			return err
		}
		if opts.Shapes, err = simulator.ParseShapes(b); err != nil {
			return fmt.Errorf("%s: %w", *shapes, err)
		}
	case *nodes > 0:
		opts.Shapes = simulator.ShapesForNodes(*nodes)
	case *nodes < 0:
		return fmt.Errorf("-nodes %d: want a positive number", *nodes)
	}
	sim, err := simulator.Start(opts)
	if err != nil {
		return err
	}
	defer sim.Close()
	ca, err := writeCA(sim.CA())
	if err != nil {
		return err
	}
	defer os.Remove(ca)
	if err := announce(stdout, sim, ca, *asJSON); err != nil {
		return err
	}
	return sim.Run(ctx)
}

// announced is the one line of -json.
type announced struct {
	Control string          `json:"control"`
	CA      string          `json:"ca"`
	Nodes   []announcedNode `json:"nodes"`
}

type announcedNode struct {
	Cluster  string `json:"cluster"`
	Name     string `json:"name"`
	HTTP     string `json:"http"`
	HTTPS    string `json:"https"`
	User     string `json:"user"`
	Password string `json:"password"`
}

func announce(w io.Writer, sim *simulator.Simulator, ca string, asJSON bool) error {
	out := announced{Control: sim.ControlURL(), CA: ca}
	for _, e := range sim.Nodes() {
		out.Nodes = append(out.Nodes, announcedNode{e.Cluster, e.Node, e.HTTP, e.HTTPS, e.User, e.Password})
	}
	if asJSON {
		return json.NewEncoder(w).Encode(out)
	}
	fmt.Fprintf(w, "Simulated clusters, for any WinRM client on this machine. Nothing here is real.\nControl page: %s\nCA of the HTTPS listeners: %s\n\n", out.Control, out.CA)
	for _, n := range out.Nodes {
		if _, err := fmt.Fprintf(w, "%-16s %-12s %s %s  user %s  password %s\n", n.Cluster, n.Name, n.HTTP, n.HTTPS, n.User, n.Password); err != nil {
			return err
		}
	}
	return nil
}

func writeCA(pem []byte) (string, error) {
	f, err := os.CreateTemp("", "looksalive-simulated-ca-*.pem")
	if err != nil {
		return "", err
	}
	if _, err := f.Write(pem); err != nil {
		f.Close()
		return "", err
	}
	return f.Name(), f.Close()
}
