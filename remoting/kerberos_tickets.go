package remoting

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"looksalive/cluster"
)

const (
	maxReferrals = 5
	// ticketMargin is how long before its end a ticket is replaced, so that none ends
	// on its way. Short tickets are used for three quarters of their life.
	ticketMargin = 5 * time.Minute
)

// ticket is one, with the key that belongs to it.
type ticket struct {
	messages.Ticket
	key    types.EncryptionKey
	cname  types.PrincipalName // whose it is
	crealm string
	begin  time.Time
	end    time.Time
}

// fresh says that the ticket can still be used.
func (t *ticket) fresh(now time.Time) bool {
	return t != nil && now.Add(min(ticketMargin, t.end.Sub(t.begin)/4)).Before(t.end)
}

// ticketsFor has the tickets of an identity once for each place they come from,
// however many nodes and connections use them.
func (c *credential) ticketsFor(k cluster.Kerberos) *tickets {
	from := k.Realm + " " + strings.Join(k.KDCs, " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tickets == nil {
		c.tickets = make(map[string]*tickets)
	}
	t := c.tickets[from]
	if t == nil {
		t = newTickets(c.identity, k, c.now)
		c.tickets[from] = t
	}
	return t
}

// tickets gets and keeps the tickets of one identity: a new one when the old one ends,
// no renewals, because the secret is at hand. It runs nothing in the background, so
// there is nothing to be closed.
type tickets struct {
	id   cluster.Identity
	kdcs kdcs
	now  func() time.Time

	mu       sync.Mutex
	kept     map[string]*ticket   // by service; "" is the one that others are got with
	busy     map[string]*fetching // what is being fetched
	rejected error                // the password or keytab is wrong: it is not tried again
}

func newTickets(i cluster.Identity, k cluster.Kerberos, now func() time.Time) *tickets {
	return &tickets{id: i, kdcs: kdcs{given: k, path: krb5conf}, now: now,
		kept: make(map[string]*ticket), busy: make(map[string]*fetching)}
}

// fetching is a ticket on its way. err is set before done is closed.
type fetching struct {
	done chan struct{}
	err  error
}

// again lets a rejected password be tried once more.
func (t *tickets) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rejected = nil
}

// service is a ticket for HTTP/host.
func (t *tickets) service(ctx context.Context, spn string) (*ticket, error) {
	return t.get(ctx, spn, func() (*ticket, error) {
		tgt, err := t.get(ctx, "", func() (*ticket, error) { return t.signIn(ctx) })
		if err != nil {
			return nil, err
		}
		return t.follow(ctx, tgt, spn)
	})
}

// forget makes the next one who asks for the service get a new ticket: this one was
// refused, perhaps because the node has a new password.
func (t *tickets) forget(spn string, refused *ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept[spn] == refused {
		delete(t.kept, spn)
	}
}

// get returns the kept ticket or fetches it, once for all who want it.
func (t *tickets) get(ctx context.Context, name string, fetch func() (*ticket, error)) (*ticket, error) {
	for {
		t.mu.Lock()
		if k := t.kept[name]; k.fresh(t.now()) {
			t.mu.Unlock()
			return k, nil
		}
		if rejected := t.rejected; rejected != nil && name == "" {
			t.mu.Unlock()
			return nil, rejected
		}
		other, busy := t.busy[name]
		if !busy {
			break
		}
		t.mu.Unlock()
		select {
		case <-other.done:
			// Its failure is ours, unless it was only in more of a hurry: many who wait
			// must not show a wrong password one after the other.
			if err := other.err; err != nil && !errors.Is(err, errCanceled) && !errors.Is(err, errNoAnswer) {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctxError(ctx)
		}
	}
	f := &fetching{done: make(chan struct{})}
	t.busy[name] = f
	t.mu.Unlock()
	k, err := guard(fetch)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, name)
	f.err = err
	close(f.done)
	if err != nil {
		return nil, err
	}
	t.kept[name] = k
	return k, nil
}

// guard turns a panic into an error: gokrb5 indexes what came over the network.
func guard[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a message of Kerberos: %w", errBadAnswer)
		}
	}()
	return f()
}

// principal is the account as Kerberos calls it, and its realm.
func (t *tickets) principal() (types.PrincipalName, string, error) {
	domain, user := account(t.id.User)
	realm := t.kdcs.home()
	if name, suffix, ok := strings.Cut(user, "@"); ok {
		switch {
		case realm == "" || t.kdcs.given.Realm == "":
			user, realm = name, strings.ToUpper(suffix)
		case strings.EqualFold(suffix, realm):
			user = name
		default: // the domain controller knows which account has this name (RFC 6806 section 5)
			return types.PrincipalName{NameType: nametype.KRB_NT_ENTERPRISE, NameString: []string{user}}, realm, nil
		}
	} else if t.kdcs.given.Realm == "" && strings.Contains(domain, ".") {
		realm = strings.ToUpper(domain)
	}
	if realm == "" {
		return types.PrincipalName{}, "", &kerberosError{what: kerberosNoRealm}
	}
	return types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, user), realm, nil
}

// keytab parses the keytab, nil if there is none.
func (t *tickets) keytab() (*keytab.Keytab, error) {
	if t.id.Keytab.IsZero() {
		return nil, nil
	}
	return guard(func() (*keytab.Keytab, error) {
		k := keytab.New()
		return k, k.Unmarshal([]byte(t.id.Keytab.Reveal()))
	})
}

// longTermKey makes the account's own key: from the keytab, or from the password
// with the salt that the domain controller told.
func (t *tickets) longTermKey(kt *keytab.Keytab, cname types.PrincipalName, realm string, kvno int, info etypeInfo) (types.EncryptionKey, error) {
	if kt != nil {
		key, _, err := kt.GetEncryptionKey(cname, realm, 0, info.etype)
		if kvno != 0 && err == nil {
			if exact, _, err := kt.GetEncryptionKey(cname, realm, kvno, info.etype); err == nil {
				return exact, nil
			}
		}
		if err != nil {
			return key, &kerberosError{what: kerberosKeytab, realm: realm, err: err}
		}
		return key, nil
	}
	et, err := crypto.GetEtype(info.etype)
	if err != nil {
		return types.EncryptionKey{}, &kerberosError{what: kerberosEtype, realm: realm, err: err}
	}
	salt, params := cname.GetSalt(realm), et.GetDefaultStringToKeyParams()
	if info.salt != nil {
		salt = *info.salt
	}
	if len(info.params) == 4 {
		params = hex.EncodeToString(info.params)
	}
	key, err := et.StringToKey(t.id.Password.Reveal(), salt, params)
	return types.EncryptionKey{KeyType: info.etype, KeyValue: key}, err
}

// etypesOf lists the encryption types to ask for: those of the keytab, if there is one.
func etypesOf(kt *keytab.Keytab, cname types.PrincipalName, realm string) []int32 {
	if kt == nil {
		return etypes
	}
	return slices.DeleteFunc(slices.Clone(etypes), func(e int32) bool {
		_, _, err := kt.GetEncryptionKey(cname, realm, 0, e)
		return err != nil
	})
}
