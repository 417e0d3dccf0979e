// Package access says who may use LooksAlive: accounts and their passwords, browsers
// that are signed in, tokens of programs, and how often somebody may try. It keeps
// all of it in memory and writes every change to its Store first.
//
// Secrets that it makes (cookies, tokens, the link for the first administrator) have
// 256 random bits; only their SHA-256 is kept. Passwords are hashed with argon2id.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
)

// Errors of signing in and of changing accounts. cluster.ErrNotFound, ErrExists and
// cluster.Problems are used as well.
var (
	// ErrWrong is a name or a password that is not right; which of them is not said.
	ErrWrong = errors.New("the name or the password is wrong")
	// ErrLink is a link for the first administrator that does not or no longer hold.
	ErrLink = errors.New("this link is not valid: it works once, and only for the first administrator")
	// ErrLast keeps LooksAlive from being locked for everybody.
	ErrLast = errors.New("this is the last administrator who can sign in")
)

// TooSoon is that somebody tried too often.
type TooSoon struct{ After time.Duration } // try again then

func (e TooSoon) Error() string {
	return fmt.Sprintf("too many attempts: try again in %s", e.After.Round(time.Second))
}

// Store keeps what must outlive the program. Put replaces what has the same name or id.
type Store interface {
	Accounts(ctx context.Context) ([]cluster.Account, error)
	PutAccount(ctx context.Context, a cluster.Account) error
	DropAccount(ctx context.Context, name string) error // with its sessions
	Sessions(ctx context.Context) ([]cluster.Session, error)
	PutSession(ctx context.Context, s cluster.Session) error
	DropSession(ctx context.Context, id string) error
	APITokens(ctx context.Context) ([]cluster.APIToken, error)
	PutAPIToken(ctx context.Context, t cluster.APIToken) error
}

// Options configure a Service. Zero fields get the defaults.
type Options struct {
	Store  Store            // required
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil discards
	// Token lets a program in as administrator, besides those made here.
	Token cluster.Secret
	Cost  Cost // of hashing a password
	// Idle ends a session nobody uses; default 7 days, so that a wall screen stays.
	Idle time.Duration
	// Age ends a session whatever happens; default 30 days.
	Age time.Duration
}

// Client is where somebody signs in from.
type Client struct{ Address, Agent string }

// Service is safe for concurrent use.
type Service struct {
	opts    Options
	hashing chan struct{} // a token for each password being hashed
	dummy   string        // hash of no password
	tries   tries

	mu       sync.Mutex
	accounts map[string]cluster.Account  // by lower case name
	sessions map[string]*session         // by hash of the cookie
	tokens   map[string]cluster.APIToken // by hash
	first    []byte                      // hash of the link for the first administrator
}

type session struct {
	cluster.Session
	ended chan struct{}
}

// New reads what the store holds.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("access: a Store is required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Idle <= 0 {
		o.Idle = 7 * 24 * time.Hour
	}
	if o.Age <= 0 {
		o.Age = 30 * 24 * time.Hour
	}
	o.Cost = o.Cost.withDefaults()
	s := &Service{
		opts: o, hashing: make(chan struct{}, 2), tries: newTries(o.Now),
		accounts: map[string]cluster.Account{}, sessions: map[string]*session{}, tokens: map[string]cluster.APIToken{},
	}
	var err error
	if s.dummy, err = o.Cost.hash(rand.Text()); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return s, s.load(ctx)
}

func (s *Service) load(ctx context.Context) error {
	accounts, err := s.opts.Store.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	for _, a := range accounts {
		s.accounts[key(a.Name)] = a
	}
	sessions, err := s.opts.Store.Sessions(ctx)
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	for _, x := range sessions {
		s.sessions[string(x.Hash)] = &session{Session: x, ended: make(chan struct{})}
	}
	tokens, err := s.opts.Store.APITokens(ctx)
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	for _, t := range tokens {
		if t.Revoked.IsZero() {
			s.tokens[string(t.Hash)] = t
		}
	}
	return nil
}

// key makes names equal that differ in case only.
func key(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// newSecret is 256 random bits as text, and the hash that is kept of it.
func newSecret() (text string, hash []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // does not fail
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, hashOf(text)
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// newID names something to people.
func newID() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// SetUp makes a link's secret for the first administrator, if there is none who can
// sign in. Each call makes a new one and ends the one before.
func (s *Service) SetUp() (secret string, needed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.administrators("") > 0 {
		return "", false
	}
	secret, s.first = newSecret()
	return secret, true
}

// SetUpOpen says whether a secret would be accepted by First.
func (s *Service) SetUpOpen(secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first != nil && subtle.ConstantTimeCompare(s.first, hashOf(secret)) == 1
}

// First creates the first administrator and signs in as it. The link is used up only
// if it works: ErrLink, or cluster.Problems of what was entered.
func (s *Service) First(ctx context.Context, secret, name, password string, from Client) (cookie string, _ cluster.Session, err error) {
	if !s.SetUpOpen(secret) {
		return "", cluster.Session{}, ErrLink
	}
	hash, err := s.acceptable(ctx, name, password)
	if err != nil {
		return "", cluster.Session{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil { // somebody was faster
		return "", cluster.Session{}, ErrLink
	}
	a := cluster.Account{Name: strings.TrimSpace(name), Role: cluster.Administrator, Hash: hash, Created: s.now()}
	if err := s.opts.Store.PutAccount(ctx, a); err != nil {
		return "", cluster.Session{}, err
	}
	s.accounts[key(name)], s.first = a, nil
	return s.begin(ctx, a, from)
}

// administrators counts those who can sign in, without the one named so. s.mu is held.
func (s *Service) administrators(but string) int {
	n := 0
	for k, a := range s.accounts {
		if k != key(but) && a.Role == cluster.Administrator && !a.Disabled {
			n++
		}
	}
	return n
}

func (s *Service) now() time.Time { return s.opts.Now().UTC() }
