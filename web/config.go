package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"looksalive/cluster"
	"looksalive/remoting"
)

// config is everything that can be set, from the weakest source to the
// strongest: defaults, file, environment, flags. Secrets never stand in the file
// or in an argument: the file names where they are.
type config struct {
	Addr        string          `toml:"addr"`                 // host:port to listen on; port 0 picks one
	Data        string          `toml:"data"`                 // directory, or :temp:
	LogLevel    string          `toml:"log_level"`            // debug, info, warn, error
	PlainHTTP   bool            `toml:"plain_http"`           // no TLS although others can reach it: something in front of it does that
	Hosts       []string        `toml:"hosts"`                // names browsers may use for this server besides loopback and IP addresses
	Real        bool            `toml:"real"`                 // watch real clusters: those below and those added in the browser
	KeyFile     string          `toml:"key_file"`             // what seals credentials; outside the data directory
	CertFile    string          `toml:"tls_certificate_file"` // PEM; "" and beyond loopback: one of our own
	CertKeyFile string          `toml:"tls_key_file"`
	Clusters    []clusterConfig `toml:"clusters"` // any of them means Real
	Story       bool            `toml:"-"`        // simulated clusters break something by themselves

	definitions []cluster.Definition // of Clusters, with their secrets
	key         cluster.Secret       // what seals credentials, from the environment
	token       cluster.Secret       // lets a program in as administrator, from the environment
}

const (
	tempData = ":temp:"
	minToken = 24 // characters of LOOKSALIVE_API_TOKEN
)

func loadConfig(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	cfg := config{Addr: "127.0.0.1:8686", LogLevel: "info"}
	fs := flag.NewFlagSet("looksalive", flag.ContinueOnError)
	fs.SetOutput(stderr)
	file := fs.String("config", getenv("LOOKSALIVE_CONFIG"), "TOML `file` with settings and clusters")
	real := fs.Bool("real", false, "watch real clusters: those of the file and those added in the browser; without it and without any in the file, simulated ones are watched")
	addr := fs.String("addr", "", "`host:port` to listen on; port 0 picks one (default "+cfg.Addr+")")
	data := fs.String("data", "", "`directory` of the database, or "+tempData+" for one that is removed at the end (default the user's data directory)")
	level := fs.String("log", "", "log `level`: debug, info, warn, error (default "+cfg.LogLevel+")")
	plain := fs.Bool("plain-http", false, "no TLS although other machines can reach the port: passwords cross the network readably unless something in front adds it")
	story := fs.Bool("story", true, "let something happen to the simulated clusters every few minutes")
	fs.Usage = func() {
		fmt.Fprint(stderr, "looksalive [flags]             watch clusters and serve the dashboard\nlooksalive simulator [flags]   only simulated clusters, for any WinRM client\nlooksalive doctor [flags] NODE check whether a node can be watched, and what to mend\nlooksalive audit verify|export the audit log\nlooksalive key rotate          a new key that seals credentials\n\n")
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return config{}, err
	}
	if fs.NArg() > 0 {
		return config{}, fmt.Errorf("unknown command %q (see -h)", fs.Arg(0))
	}

	var problems []error
	if *file != "" {
		problems = append(problems, readConfig(*file, &cfg)...)
	}
	override(&cfg.Addr, getenv("LOOKSALIVE_ADDR"), *addr)
	override(&cfg.Data, getenv("LOOKSALIVE_DATA"), *data)
	override(&cfg.LogLevel, getenv("LOOKSALIVE_LOG"), *level)
	override(&cfg.KeyFile, getenv("LOOKSALIVE_KEY_FILE"))
	cfg.key = cluster.NewSecret(getenv("LOOKSALIVE_KEY"))
	cfg.PlainHTTP = cfg.PlainHTTP || *plain
	cfg.token = cluster.NewSecret(getenv("LOOKSALIVE_API_TOKEN"))
	cfg.Real = cfg.Real || *real || getenv("LOOKSALIVE_REAL") == "1" || len(cfg.Clusters) > 0
	cfg.Story = *story
	if cfg.Data == "" {
		dir, err := userDataDir(getenv)
		if err != nil {
			problems = append(problems, fmt.Errorf("no place for the data: %w (give one with -data)", err))
		}
		cfg.Data = filepath.Join(dir, "looksalive")
		if !cfg.Real {
			cfg.Data = filepath.Join(cfg.Data, "simulated") // never beside real history
		}
	}
	if cfg.KeyFile == "" && cfg.key.IsZero() && cfg.Data != tempData {
		dir, err := userConfigDir(getenv)
		if err != nil {
			problems = append(problems, fmt.Errorf("no place for the key that seals credentials: %w (give one with LOOKSALIVE_KEY_FILE)", err))
		}
		cfg.KeyFile = filepath.Join(dir, "looksalive", "key")
	}
	problems = append(problems, cfg.readClusters(getenv)...)
	problems = append(problems, cfg.problems()...)
	return cfg, errors.Join(problems...)
}

func override(to *string, values ...string) {
	for _, v := range values {
		if v != "" {
			*to = v
		}
	}
}

func readConfig(file string, cfg *config) []error {
	md, err := toml.DecodeFile(file, cfg)
	if err != nil {
		return []error{fmt.Errorf("config %s: %w", file, err)}
	}
	var problems []error
	for _, key := range md.Undecoded() {
		problems = append(problems, fmt.Errorf("config %s: unknown key %q", file, key))
	}
	return problems
}

// problems lists everything that is wrong, so that it can be mended at once.
func (c config) problems() []error {
	var list []error
	bad := func(format string, args ...any) { list = append(list, fmt.Errorf(format, args...)) }
	_, port, err := net.SplitHostPort(c.Addr)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		bad("addr %q: want host:port", c.Addr)
	}
	if (c.CertFile == "") != (c.CertKeyFile == "") {
		bad("tls_certificate_file and tls_key_file are given together or not at all")
	}
	if n := len(c.token.Reveal()); n > 0 && n < minToken {
		bad("LOOKSALIVE_API_TOKEN has %d characters: at least %d make it hard to guess", n, minToken)
	}
	if _, err := c.level(); err != nil {
		bad("log level %q: want debug, info, warn or error", c.LogLevel)
	}
	return list
}

// readClusters turns the clusters of the file into definitions.
func (c *config) readClusters(getenv func(string) string) []error {
	var list []error
	bad := func(format string, args ...any) { list = append(list, fmt.Errorf(format, args...)) }
	seen := map[string]bool{}
	for i, cl := range c.Clusters {
		who := fmt.Sprintf("cluster %d", i+1)
		if cl.Name == "" {
			bad("%s has no name", who)
		} else {
			who = "cluster " + cl.Name
		}
		if key := strings.ToLower(cl.Name); seen[key] {
			bad("%s is named twice", who)
		} else {
			seen[key] = true
		}
		if len(cl.Nodes) == 0 {
			bad("%s has no nodes", who)
		}
		d, err := cl.definition(getenv)
		if err == nil {
			_, err = remoting.NodesOf(d)
		}
		if err != nil {
			bad("%s: %w", who, err)
		}
		c.definitions = append(c.definitions, d)
	}
	return list
}

// secure says whether the dashboard speaks TLS: with a certificate it was given, or
// with one of its own where other machines can reach it.
func (c config) secure() bool {
	host, _, _ := net.SplitHostPort(c.Addr) // it was checked
	return c.CertFile != "" || !loopback(host) && !c.PlainHTTP
}

func (c config) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// userConfigDir is where the user's settings are kept; the data may be backed up
// and copied, the key that opens the credentials in it lies elsewhere.
func userConfigDir(getenv func(string) string) (string, error) {
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		if d := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(d) {
			return d, nil
		}
		if home := getenv("HOME"); home != "" {
			return filepath.Join(home, ".config"), nil
		}
		return "", errors.New("HOME is not set")
	}
	return os.UserConfigDir()
}

func userDataDir(getenv func(string) string) (string, error) {
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		if d := getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
			return d, nil
		}
		if home := getenv("HOME"); home != "" {
			return filepath.Join(home, ".local", "share"), nil
		}
		return "", errors.New("HOME is not set")
	}
	if d := getenv("LOCALAPPDATA"); runtime.GOOS == "windows" && d != "" {
		return d, nil
	}
	return os.UserConfigDir()
}
