package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"looksalive/cluster"
)

// clusterConfig is one cluster in the configuration file. Secrets are never in
// it: it names where they are.
type clusterConfig struct {
	Name         string          `toml:"name"`
	Nodes        []nodeConfig    `toml:"nodes"`
	accessConfig                 // of every node
	Act          *identityConfig `toml:"act"` // who may change things; none: nothing can be changed
	Realm        string          `toml:"realm"`
	KDCs         []string        `toml:"kdcs"`
}

// accessConfig is how nodes are reached, and as whom.
type accessConfig struct {
	Transport cluster.Transport `toml:"transport"` // https, http
	Port      int               `toml:"port"`
	Auth      cluster.Auth      `toml:"auth"`    // ntlm, kerberos, certificate, basic
	Trust     cluster.Trust     `toml:"trust"`   // system, ca, pin; with ca_file, ca
	CAFile    string            `toml:"ca_file"` // PEM
	identityConfig
}

// identityConfig is one account and where its secret is.
type identityConfig struct {
	User            string `toml:"user"` // DOMAIN\name or name@domain
	PasswordFile    string `toml:"password_file"`
	PasswordEnv     string `toml:"password_env"`
	KeytabFile      string `toml:"keytab_file"`
	CertificateFile string `toml:"certificate_file"` // PEM
	KeyFile         string `toml:"key_file"`         // PEM, of the certificate
}

// nodeConfig is a node, written as its address, or as a table when the cluster
// knows it by another name than the first label of its address.
type nodeConfig struct {
	Name    string
	Address string // host or host:port
	Pin     string // sha256/…, with trust = "pin"
}

// UnmarshalTOML takes the short form and the table {name, address, pin}.
func (n *nodeConfig) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case string:
		n.Address = v
	case map[string]any:
		for key, field := range v {
			text, ok := field.(string)
			switch {
			case key == "name" && ok:
				n.Name = text
			case key == "address" && ok:
				n.Address = text
			case key == "pin" && ok:
				n.Pin = text
			default:
				return fmt.Errorf("node: unknown key or not a string: %q", key)
			}
		}
	default:
		return fmt.Errorf("node: want an address or a table, got %T", value)
	}
	if strings.Contains(n.Address, "/") {
		return fmt.Errorf("node %q: want a host or host:port; http or https is said by the cluster's transport", n.Address)
	}
	if n.Name == "" {
		n.Name = cluster.NameOf(n.Address)
	}
	return nil
}

// definition reads the secrets from where the configuration says they are. The
// error lists every problem.
func (c clusterConfig) definition(getenv func(string) string) (cluster.Definition, error) {
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	d := cluster.Definition{Name: c.Name, Fixed: true, Access: cluster.Access{
		Transport: c.Transport, Port: c.Port, Auth: c.Auth, Trust: c.Trust,
		Kerberos: cluster.Kerberos{Realm: c.Realm, KDCs: c.KDCs},
	}}
	if c.CAFile != "" {
		if d.Access.Trust == cluster.TrustSystem {
			d.Access.Trust = cluster.TrustCA
		}
		pem, err := os.ReadFile(c.CAFile)
		d.Access.CA = string(pem)
		note(wrap("ca_file", err))
	}
	var err error
	d.Access.Read, err = c.identity(c.Auth, getenv)
	note(err)
	if c.Act != nil {
		act, err := c.Act.identity(c.Auth, getenv)
		d.Access.Act = &act
		note(wrap("act", err))
	}
	for _, n := range c.Nodes {
		d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: n.Name, Address: n.Address, Pin: n.Pin})
	}
	return d, errors.Join(problems...)
}

// identity reads the secret that this kind of sign-in needs.
func (i identityConfig) identity(auth cluster.Auth, getenv func(string) string) (cluster.Identity, error) {
	id := cluster.Identity{User: i.User}
	switch {
	case auth == cluster.AuthCertificate:
		cert, err := os.ReadFile(i.CertificateFile)
		if err != nil {
			return id, wrap("certificate_file", err)
		}
		key, err := os.ReadFile(i.KeyFile)
		if err != nil {
			return id, wrap("key_file", err)
		}
		id.Certificate, id.Key = string(cert), cluster.NewSecret(string(key))
		return id, nil
	case i.User == "":
		return id, errors.New("no user")
	case auth == cluster.AuthKerberos && i.KeytabFile != "":
		b, err := os.ReadFile(i.KeytabFile)
		id.Keytab = cluster.NewSecret(string(b))
		return id, wrap("keytab_file", err)
	}
	password, err := i.password(getenv)
	id.Password = cluster.NewSecret(password)
	return id, err
}

// password reads it from a file or the environment.
func (i identityConfig) password(getenv func(string) string) (string, error) {
	switch {
	case i.PasswordFile != "" && i.PasswordEnv != "":
		return "", errors.New("password_file and password_env are both given")
	case i.PasswordFile != "":
		b, err := os.ReadFile(i.PasswordFile)
		if err == nil && len(b) == 0 {
			err = errors.New("the file is empty")
		}
		return strings.TrimRight(string(b), "\r\n"), wrap("password_file", err)
	case i.PasswordEnv != "":
		if v := getenv(i.PasswordEnv); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("password_env: the environment variable %s is empty", i.PasswordEnv)
	}
	return "", errors.New("needs password_file or password_env")
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
