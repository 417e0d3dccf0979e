package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"looksalive/cluster"
	"looksalive/remoting"
)

const doctorUsage = `looksalive doctor [flags] NODE...   check whether nodes can be watched, and say what to mend

NODE is host or host:port, or the name of a cluster. Nothing is changed on it. Progress is written to
standard error; the report, in which names of hosts and accounts are replaced, to standard output.
The password is asked for, or read from a file or the environment; never from the command line.

`

// errUnwell is that some node cannot be watched; the report says why.
var errUnwell = errors.New("not every node can be watched; the report says what to mend")

// runDoctor runs the onboarding checks from a terminal.
func runDoctor(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("looksalive doctor", flag.ContinueOnError)
	fs.SetOutput(stderr)
	var id identityConfig
	var d cluster.Definition
	fs.StringVar(&id.User, "user", "", `account, as DOMAIN\name or name@domain`)
	fs.StringVar(&id.PasswordFile, "password-file", "", "`file` with the password")
	fs.StringVar(&id.PasswordEnv, "password-env", "", "environment `variable` with the password")
	fs.StringVar(&id.KeytabFile, "keytab", "", "keytab `file`, for -auth kerberos")
	fs.StringVar(&id.CertificateFile, "certificate", "", "PEM `file` with the client certificate, for -auth certificate")
	fs.StringVar(&id.KeyFile, "key", "", "PEM `file` with its key")
	fs.TextVar(&d.Access.Auth, "auth", cluster.AuthNTLM, "`kind` of sign-in: ntlm, kerberos, certificate, basic")
	fs.TextVar(&d.Access.Transport, "transport", cluster.TransportHTTPS, "https, or http with every message sealed")
	fs.IntVar(&d.Access.Port, "port", 0, "`port` of WinRM (default 5986, with http 5985)")
	ca := fs.String("ca", "", "PEM `file` with the authority that signed the nodes' certificates")
	pin := fs.String("pin", "", "the `key` the node's certificate must have, as sha256/…")
	fs.StringVar(&d.Access.Kerberos.Realm, "realm", "", "Kerberos `realm` (default that of krb5.conf)")
	kdcs := fs.String("kdc", "", "Kerberos domain controllers, separated by `commas` (default those of krb5.conf)")
	probe := fs.Bool("probe", true, "also try what could not be verified without a real Windows")
	idle := fs.Bool("idle", false, "also wait for a shell to end by itself, more than a minute for each node")
	asJSON := fs.Bool("json", false, "print the check as JSON, with names, instead of the report")
	level := fs.String("log", "error", "log `level`: debug, info, warn, error")
	fs.Usage = func() {
		fmt.Fprint(stderr, doctorUsage)
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return errors.New("doctor: which node? (see looksalive doctor -h)")
	}
	if err := askPassword(&d, &id, getenv, stderr); err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
		d.Access.Trust, d.Access.CA = cluster.TrustCA, string(pem)
	}
	if *pin != "" {
		d.Access.Trust = cluster.TrustPin
	}
	if *kdcs != "" {
		d.Access.Kerberos.KDCs = strings.Split(*kdcs, ",")
	}
	for _, address := range fs.Args() {
		d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: cluster.NameOf(address), Address: address, Pin: *pin})
	}
	d.Name = "doctor"
	if _, err := remoting.NodesOf(d); err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(*level)); err != nil {
		return fmt.Errorf("doctor: log level %q: want debug, info, warn or error", *level)
	}
	wait := time.Duration(-1)
	if *idle {
		wait = 0 // as long as it takes
	}
	check := remoting.Check(ctx, remoting.CheckOptions{
		Definition: d, Probe: *probe, Idle: wait, Tell: progress(stderr),
		Logger: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: l})),
	})
	return writeReport(ctx, check, stdout, *asJSON)
}

func writeReport(ctx context.Context, check cluster.Check, stdout io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(check); err != nil {
			return err
		}
	} else if _, err := io.WriteString(stdout, remoting.Report(check)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, n := range check.Nodes {
		if n.Failed() {
			return errUnwell
		}
	}
	return nil
}

// askPassword completes the identity, from the terminal if nothing else was said.
func askPassword(d *cluster.Definition, id *identityConfig, getenv func(string) string, stderr io.Writer) error {
	ask := d.Access.Auth != cluster.AuthCertificate && id.KeytabFile == "" && id.PasswordFile == "" && id.PasswordEnv == ""
	if !ask || id.User == "" {
		var err error
		d.Access.Read, err = id.identity(d.Access.Auth, getenv)
		return err
	}
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		return errors.New("there is no terminal to ask for the password: give -password-file or -password-env")
	}
	fmt.Fprintf(stderr, "Password of %s: ", id.User)
	password, err := term.ReadPassword(in)
	fmt.Fprintln(stderr)
	d.Access.Read = cluster.Identity{User: id.User, Password: cluster.NewSecret(string(password))}
	return err
}

// progress writes each step once it has ended.
func progress(w io.Writer) func(cluster.Check) {
	said := map[string]bool{}
	return func(c cluster.Check) {
		for _, n := range c.Nodes {
			for _, s := range n.Steps {
				key := n.Address + "|" + string(s.Kind)
				if said[key] || s.State == cluster.StepWaiting || s.State == cluster.StepRunning {
					continue
				}
				said[key] = true
				fmt.Fprintf(w, "%-8s %s: %s. %s\n", s.State, n.Address, s.Title, s.Detail)
				for _, f := range s.Fix {
					fmt.Fprintf(w, "         - %s\n", f.Text)
					if f.Command != "" {
						fmt.Fprintf(w, "           %s\n", f.Command)
					}
				}
			}
		}
	}
}
