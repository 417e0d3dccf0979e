// Package wsman is the far end of the wire: a WinRM listener as Windows Server
// runs it. It speaks WS-Management (Create, Command, Send, Receive, Signal,
// Delete, Identify, and Get, Enumerate, Pull, Release on shells, configuration
// and CIM) over HTTP/1.1, authenticates with NTLMv2 (raw or
// inside SPNEGO) or, over TLS, Basic, and requires message encryption over
// plain HTTP. It knows the protocol only; what the programs do is the Host's.
//
// Sources: MS-WSMV (the messages), MS-NLMP (NTLM), MS-SPNG and RFC 4178
// (SPNEGO), RFC 5929 (channel binding), and published captures of real Windows
// answers for everything those leave open.
package wsman

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"
)

// ErrClosed is what Serve and ServeTLS return after Close.
var ErrClosed = errors.New("wsman: server closed")

// Host runs the programs a shell starts.
type Host interface {
	// Run executes p and returns its exit code. ctx ends when the client
	// signals terminate, when the shell is deleted or times out, and when the
	// server closes; Run must return soon after.
	Run(ctx context.Context, p *Process) (exitCode int)
}

// Process is one command of a shell.
type Process struct {
	CommandLine string   // command and arguments, joined as sent
	Command     string   // the command alone
	Args        []string // the arguments alone, as sent
	// ViaCmd is true when cmd.exe interprets the line (WINRS_SKIP_CMD_SHELL=FALSE).
	ViaCmd bool
	// PipeStdin is true when standard input is a pipe, not a console
	// (WINRS_CONSOLEMODE_STDIN=FALSE).
	PipeStdin bool
	Env       map[string]string // the shell's Environment, may be nil
	Dir       string            // the shell's WorkingDirectory, may be empty
	User      string            // DOMAIN\user who opened the shell
	// Stdin reaches io.EOF after a Send with End="true".
	Stdin io.Reader
	// Stdout and Stderr block while the client does not fetch the output and
	// fail once the command has been terminated.
	Stdout, Stderr io.Writer
}

// Options configure one node's listener. Host, Machine and Users are required.
type Options struct {
	Host    Host
	Machine string            // NetBIOS name of the node, e.g. "HV-01"
	Domain  string            // DNS name of its domain, empty in a workgroup
	Users   map[string]string // user name (no domain, any case) -> password
	// Find replaces Users: it finds an account of the domain or, with local, of
	// the machine itself, and returns its name in its own spelling.
	Find func(user string, local bool) (name, password string, ok bool)
	// SignIn is told of every attempt to sign in that came as far as the
	// password, and says whether it succeeds. nil lets the right password in.
	SignIn func(a SignIn) bool
	// Authorize says whether an account may use WinRM at all, as the service's
	// RootSDDL does; nil lets everybody who signed in.
	Authorize func(account string) bool
	// Administrator says whether an account sees other people's shells; nil: nobody.
	Administrator func(account string) bool
	// TLS holds the certificate of the HTTPS listener; ServeTLS needs it.
	TLS *tls.Config
	// TLSNow is asked at each new connection and replaces TLS for it; it may
	// return another configuration from one connection to the next. nil is no
	// TLS at all: plain HTTP on the port of HTTPS.
	TLSNow func() *tls.Config
	// Mapping turns certificate authentication on and says whose certificate
	// this is (MS-WSMV's CertMapping): a user of the machine itself.
	Mapping func(chain []*x509.Certificate) (user string, ok bool)
	// AllowBasic offers Basic authentication; over TLS only, unless
	// AllowUnencrypted is set as well.
	AllowBasic bool
	// Methods are the ways to sign in, asked at each request; nil: Negotiate, Basic
	// with AllowBasic, and certificates with Mapping.
	Methods func() Methods
	// AllowUnencrypted accepts plain SOAP over HTTP. Windows' default is false.
	AllowUnencrypted bool
	// ProductVersion is reported by Identify, e.g. "OS: 10.0.20348 SP: 0.0 Stack: 3.0" (the default).
	ProductVersion string
	// Exists reports whether Windows could start the program; if not, Command
	// answers with fault 2147942402. It is not asked when cmd.exe interprets
	// the line, which starts always. nil means every program exists.
	Exists func(p *Process) bool
	// CIM answers Get and Enumerate on WMI resources; nil knows no class.
	CIM CIM
	// CIMFor replaces CIM by what an account may see.
	CIMFor func(account string) CIM
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil discards
	// Delay returns how long a request with this action (its last path
	// element, e.g. "Receive") waits before it is carried out; nil means never.
	Delay func(action string) time.Duration
	// Refuse reports that WinRM does not answer at the moment: connections are
	// reset as soon as they say something. nil means never.
	Refuse func() bool

	MaxShellsPerUser     int // default 30
	MaxCommandsPerShell  int // default 1000
	MaxOperationsPerUser int // running requests and unterminated commands; default 1500
	MaxConnections       int // default 300
	MaxEnvelopeKB        int // default 500
	// MaxTimeout bounds OperationTimeout; default 60 s.
	MaxTimeout time.Duration
	// IdleTimeOut is a shell's when the client names none; default 7200 s.
	IdleTimeOut time.Duration
	// EnumerationTimeout ends an enumeration nobody pulls from; default 240 s.
	EnumerationTimeout time.Duration
	// MaxEnumerationsPerUser bounds the open enumerations, which hold their
	// items in memory; default 50.
	MaxEnumerationsPerUser int
	// OutputBuffer bounds the unread output of one command, in bytes; the process blocks beyond it. Default 64 KiB.
	OutputBuffer int
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.MaxShellsPerUser, 30)
	def(&o.MaxCommandsPerShell, 1000)
	def(&o.MaxOperationsPerUser, 1500)
	def(&o.MaxConnections, 300)
	def(&o.MaxEnvelopeKB, 500)
	def(&o.OutputBuffer, 64<<10)
	def(&o.MaxEnumerationsPerUser, 50)
	if o.EnumerationTimeout == 0 {
		o.EnumerationTimeout = 4 * time.Minute
	}
	if o.MaxTimeout == 0 {
		o.MaxTimeout = time.Minute
	}
	if o.IdleTimeOut == 0 {
		o.IdleTimeOut = 2 * time.Hour
	}
	if o.ProductVersion == "" {
		o.ProductVersion = "OS: 10.0.20348 SP: 0.0 Stack: 3.0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Exists == nil {
		o.Exists = func(*Process) bool { return true }
	}
	if o.Delay == nil {
		o.Delay = func(string) time.Duration { return 0 }
	}
	if o.Find == nil {
		users := o.Users
		o.Find = func(user string, _ bool) (string, string, bool) {
			for name, password := range users {
				if strings.EqualFold(name, user) {
					return name, password, true
				}
			}
			return "", "", false
		}
	}
	if o.SignIn == nil {
		o.SignIn = func(a SignIn) bool { return a.Correct }
	}
	if o.Authorize == nil {
		o.Authorize = func(string) bool { return true }
	}
	if o.Administrator == nil {
		o.Administrator = func(string) bool { return false }
	}
	if o.Methods == nil {
		all := Methods{Negotiate: true, Basic: o.AllowBasic, Certificate: o.Mapping != nil}
		o.Methods = func() Methods { return all }
	}
	if o.TLSNow == nil && o.TLS != nil {
		fixed := o.TLS
		o.TLSNow = func() *tls.Config { return fixed }
	}
	if o.CIMFor == nil {
		fixed := o.CIM
		o.CIMFor = func(string) CIM { return fixed }
	}
	if o.Refuse == nil {
		o.Refuse = func() bool { return false }
	}
	return o
}

// Methods are ways to sign in, as in winrm/config/service/auth.
type Methods struct{ Negotiate, Basic, Certificate bool }

// SignIn is an attempt to prove who one is.
type SignIn struct {
	Account string // DOMAIN\user as Windows would print it; "" when there is no such account
	Known   bool   // there is such an account
	Correct bool   // the password fits
}

// ShellInfo describes an open shell.
type ShellInfo struct {
	ID, Name, Owner, ClientIP string
	Created, LastUsed         time.Time
	IdleTimeOut               time.Duration
	Commands                  int // commands not yet terminated by the client
}
