package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// config is everything that can be set, from the weakest source to the
// strongest: defaults, file, environment, flags. Secrets are never in it: the
// file names where they are.
type config struct {
	Addr        string          `toml:"addr"`         // host:port to listen on; port 0 picks one
	Data        string          `toml:"data"`         // directory, or :temp:
	LogLevel    string          `toml:"log_level"`    // debug, info, warn, error
	AllowRemote bool            `toml:"allow_remote"` // listen beyond loopback although there is no sign-in
	Hosts       []string        `toml:"hosts"`        // names browsers may use for this server besides loopback and IP addresses
	Clusters    []clusterConfig `toml:"clusters"`     // none: simulated clusters
	Story       bool            `toml:"-"`            // simulated clusters break something by themselves
}

// clusterConfig is one real cluster.
type clusterConfig struct {
	Name         string       `toml:"name"`
	Nodes        []nodeConfig `toml:"nodes"`
	User         string       `toml:"user"` // DOMAIN\name or name@domain
	PasswordFile string       `toml:"password_file"`
	PasswordEnv  string       `toml:"password_env"`
	CAFile       string       `toml:"ca_file"` // PEM; "" means the system's
}

// nodeConfig is a node, written as a host name, as host:port or as a URL, or as
// a table {name, url} when its cluster name differs from the first label of
// its address.
type nodeConfig struct {
	Name string
	URL  string
}

// UnmarshalTOML takes the table {name, url} and the short form: for example
// "hv-01.example.net" means https://hv-01.example.net:5986/wsman, and the
// node's name is HV-01.
func (n *nodeConfig) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case string:
		return n.fromAddress(v)
	case map[string]any:
		for key, field := range v {
			text, ok := field.(string)
			switch {
			case key == "name" && ok:
				n.Name = text
			case key == "url" && ok:
				n.URL = text
			default:
				return fmt.Errorf("node: unknown key or not a string: %q", key)
			}
		}
		return nil
	}
	return fmt.Errorf("node: want a host name, a URL or a table, got %T", value)
}

func (n *nodeConfig) fromAddress(s string) error {
	full := s
	if !strings.Contains(full, "://") {
		if _, _, err := net.SplitHostPort(full); err != nil {
			full = net.JoinHostPort(full, "5986")
		}
		full = "https://" + full
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("node %q: not a host name or URL", s)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/wsman"
	}
	n.URL, n.Name = u.String(), u.Hostname()
	if net.ParseIP(n.Name) == nil {
		label, _, _ := strings.Cut(n.Name, ".")
		n.Name = strings.ToUpper(label)
	}
	return nil
}

const tempData = ":temp:"

func loadConfig(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	cfg := config{Addr: "127.0.0.1:8686", LogLevel: "info"}
	fs := flag.NewFlagSet("looksalive", flag.ContinueOnError)
	fs.SetOutput(stderr)
	file := fs.String("config", getenv("LOOKSALIVE_CONFIG"), "TOML `file` that names the clusters; without one, simulated clusters are watched")
	addr := fs.String("addr", "", "`host:port` to listen on; port 0 picks one (default "+cfg.Addr+")")
	data := fs.String("data", "", "`directory` of the database, or "+tempData+" for one that is removed at the end (default the user's data directory)")
	level := fs.String("log", "", "log `level`: debug, info, warn, error (default "+cfg.LogLevel+")")
	remote := fs.Bool("allow-remote", false, "listen beyond this machine although there is no sign-in yet: whoever reaches the port sees everything")
	story := fs.Bool("story", true, "let something happen to the simulated clusters every few minutes")
	fs.Usage = func() {
		fmt.Fprint(stderr, "looksalive [flags]             watch clusters and serve the dashboard\nlooksalive simulator [flags]   only simulated clusters, for any WinRM client\n\n")
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
	cfg.AllowRemote = cfg.AllowRemote || *remote
	cfg.Story = *story
	if cfg.Data == "" {
		dir, err := userDataDir(getenv)
		if err != nil {
			problems = append(problems, fmt.Errorf("no place for the data: %w (give one with -data)", err))
		}
		cfg.Data = filepath.Join(dir, "looksalive")
		if len(cfg.Clusters) == 0 {
			cfg.Data = filepath.Join(cfg.Data, "simulated") // never beside real history
		}
	}
	problems = append(problems, cfg.problems(getenv)...)
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
func (c config) problems(getenv func(string) string) []error {
	var list []error
	bad := func(format string, args ...any) { list = append(list, fmt.Errorf(format, args...)) }
	host, port, err := net.SplitHostPort(c.Addr)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		bad("addr %q: want host:port", c.Addr)
	} else if !c.AllowRemote && !loopback(host) {
		bad("addr %q is reachable from other machines, and there is no sign-in yet: whoever reaches it sees everything; if the network itself is closed, say -allow-remote", c.Addr)
	}
	if _, err := c.level(); err != nil {
		bad("log level %q: want debug, info, warn or error", c.LogLevel)
	}
	seen := map[string]bool{}
	for i, cl := range c.Clusters {
		who := fmt.Sprintf("cluster %d", i+1)
		if cl.Name == "" {
			bad("%s has no name", who)
		} else {
			who = "cluster " + cl.Name
		}
		if seen[cl.Name] {
			bad("%s is named twice", who)
		}
		seen[cl.Name] = true
		if len(cl.Nodes) == 0 {
			bad("%s has no nodes", who)
		}
		for _, n := range cl.Nodes {
			if u, err := url.Parse(n.URL); n.Name == "" || err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
				bad("%s: node %q needs a name and an http or https URL", who, n.Name)
			}
		}
		if cl.User == "" {
			bad("%s has no user", who)
		}
		if _, err := cl.password(getenv); err != nil {
			bad("%s: %w", who, err)
		}
		if cl.CAFile != "" {
			if _, err := os.Stat(cl.CAFile); err != nil {
				bad("%s: ca_file: %w", who, err)
			}
		}
	}
	return list
}

func (c config) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

// password reads the secret from where the configuration says it is.
func (c clusterConfig) password(getenv func(string) string) (string, error) {
	switch {
	case c.PasswordFile != "" && c.PasswordEnv != "":
		return "", errors.New("password_file and password_env are both given")
	case c.PasswordFile != "":
		b, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("password_file: %w", err)
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	case c.PasswordEnv != "":
		if v := getenv(c.PasswordEnv); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("password_env: the environment variable %s is empty", c.PasswordEnv)
	}
	return "", errors.New("needs password_file or password_env")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
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
