package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"looksalive/cluster"
)

// Accounts lists who may sign in, by name.
func (s *Service) Accounts() []cluster.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []cluster.Account
	for _, a := range s.accounts {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b cluster.Account) int { return strings.Compare(key(a.Name), key(b.Name)) })
	return out
}

// Add makes an account; cluster.ErrExists, or cluster.Problems of what was entered.
func (s *Service) Add(ctx context.Context, name, password string, role cluster.UserRole) error {
	if !isRole(role) {
		return cluster.Problems{"There is no such role."}
	}
	hash, err := s.acceptable(ctx, name, password)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.accounts[key(name)]; taken {
		return fmt.Errorf("account %q: %w", name, cluster.ErrExists)
	}
	return s.put(ctx, cluster.Account{Name: strings.TrimSpace(name), Role: role, Hash: hash, Created: s.now()})
}

func isRole(r cluster.UserRole) bool {
	return r == cluster.Viewer || r == cluster.Operator || r == cluster.Administrator
}

// put saves an account. s.mu is held.
func (s *Service) put(ctx context.Context, a cluster.Account) error {
	if err := s.opts.Store.PutAccount(ctx, a); err != nil {
		return err
	}
	s.accounts[key(a.Name)] = a
	return nil
}

// SetPassword changes a password and ends all sessions of the account but one (keep,
// may be ""): that of who changes it.
func (s *Service) SetPassword(ctx context.Context, name, password, keep string) error {
	hash, err := s.acceptable(ctx, name, password)
	if err != nil {
		return err
	}
	return s.alter(ctx, name, keep, func(a *cluster.Account) { a.Hash = hash })
}

// CheckPassword says whether it is the account's: before it changes its own.
func (s *Service) CheckPassword(ctx context.Context, name, password string, from Client) error {
	if wait := s.tries.wait(name, from.Address); wait > 0 {
		return TooSoon{wait}
	}
	s.mu.Lock()
	a, ok := s.accounts[key(name)]
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("account %q: %w", name, cluster.ErrNotFound)
	}
	right, err := s.verify(ctx, a.Hash, password)
	if err == nil && !right {
		s.tries.failed(name, from.Address)
		return ErrWrong
	}
	return err
}

// SetRole changes what an account may do, and ends its sessions so that nothing goes
// on with the old rights. ErrLast if nobody could administer any more.
func (s *Service) SetRole(ctx context.Context, name string, role cluster.UserRole) error {
	if !isRole(role) {
		return cluster.Problems{"There is no such role."}
	}
	return s.alter(ctx, name, "", func(a *cluster.Account) { a.Role = role })
}

// SetDisabled keeps an account from signing in, or lets it again.
func (s *Service) SetDisabled(ctx context.Context, name string, disabled bool) error {
	return s.alter(ctx, name, "", func(a *cluster.Account) { a.Disabled = disabled })
}

func (s *Service) alter(ctx context.Context, name, keep string, change func(*cluster.Account)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[key(name)]
	if !ok {
		return fmt.Errorf("account %q: %w", name, cluster.ErrNotFound)
	}
	change(&a)
	if (a.Role != cluster.Administrator || a.Disabled) && s.administrators(name) == 0 {
		return ErrLast
	}
	if err := s.put(ctx, a); err != nil {
		return err
	}
	s.endAll(ctx, name, keep)
	return nil
}

// endAll ends the sessions of an account but one. s.mu is held.
func (s *Service) endAll(ctx context.Context, name, keep string) {
	for _, x := range s.sessions {
		if key(x.Account) == key(name) && x.ID != keep {
			s.end(ctx, x)
		}
	}
}

// Remove deletes an account and ends its sessions.
func (s *Service) Remove(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[key(name)]
	switch {
	case !ok:
		return fmt.Errorf("account %q: %w", name, cluster.ErrNotFound)
	case s.administrators(name) == 0:
		return ErrLast
	}
	if err := s.opts.Store.DropAccount(ctx, a.Name); err != nil {
		return err
	}
	delete(s.accounts, key(name))
	s.endAll(ctx, name, "")
	return nil
}

// APITokens lists the tokens that let programs in, newest first.
func (s *Service) APITokens() []cluster.APIToken {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []cluster.APIToken
	for _, t := range s.tokens {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b cluster.APIToken) int { return b.Created.Compare(a.Created) })
	return out
}

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "la_"

// NewAPIToken makes a token. Its text is returned once and not kept.
func (s *Service) NewAPIToken(ctx context.Context, name string, role cluster.UserRole, by string) (text string, _ cluster.APIToken, err error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName || !isRole(role) {
		return "", cluster.APIToken{}, cluster.Problems{fmt.Sprintf("A token needs a name of at most %d characters and a role.", maxName)}
	}
	text, _ = newSecret()
	text = tokenPrefix + text
	t := cluster.APIToken{ID: newID(), Name: name, Hash: hashOf(text), Role: role, By: by, Created: s.now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.opts.Store.PutAPIToken(ctx, t); err != nil {
		return "", cluster.APIToken{}, err
	}
	s.tokens[string(t.Hash)] = t
	return text, t, nil
}

// Revoke ends a token by its id.
func (s *Service) Revoke(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, t := range s.tokens {
		if t.ID != id {
			continue
		}
		t.Revoked = s.now()
		if err := s.opts.Store.PutAPIToken(ctx, t); err != nil {
			return err
		}
		delete(s.tokens, k)
		return nil
	}
	return fmt.Errorf("token %q: %w", id, cluster.ErrNotFound)
}
