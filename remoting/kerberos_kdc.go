package remoting

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"

	"looksalive/cluster"
)

const (
	krb5conf   = "/etc/krb5.conf"
	kdcPort    = 88
	kdcTimeout = 3 * time.Second // of one domain controller; then the next is asked
	maxKDCs    = 8               // domain controllers asked one after the other
	// A ticket carries the groups of the account; Windows allows no token of more than
	// 65,535 bytes (MaxTokenSize).
	maxKDCAnswer = 128 << 10
)

// kdcs finds the domain controllers of a realm and speaks to them. gokrb5's own
// client does this without a context, reads as much as it is told to, hides the
// error codes and leaves a goroutine behind for each ticket; so only its messages
// and its cryptography are used.
type kdcs struct {
	given cluster.Kerberos
	path  string // of krb5.conf
}

// conf reads krb5.conf; a missing one is empty.
func (k *kdcs) conf() *config.Config {
	c, err := config.Load(k.path)
	var unsupported config.UnsupportedDirective
	if c == nil || err != nil && !errors.As(err, &unsupported) {
		return config.New()
	}
	return c
}

// home is the realm of an account that does not name its own.
func (k *kdcs) home() string {
	if k.given.Realm != "" {
		return k.given.Realm
	}
	return k.conf().LibDefaults.DefaultRealm
}

// of lists a realm's domain controllers as host:port: those given, those of
// krb5.conf, those in DNS.
func (k *kdcs) of(ctx context.Context, realm string) ([]string, error) {
	var found []string
	if strings.EqualFold(realm, k.given.Realm) || k.given.Realm == "" {
		found = k.given.KDCs
	}
	if len(found) == 0 {
		for _, r := range k.conf().Realms {
			if strings.EqualFold(r.Realm, realm) {
				found = append(found, r.KDC...)
			}
		}
	}
	if len(found) == 0 {
		_, records, err := net.DefaultResolver.LookupSRV(ctx, "kerberos", "tcp", realm)
		if err != nil && len(records) == 0 {
			return nil, &kerberosError{what: kerberosNoKDC, realm: realm, err: err}
		}
		for _, r := range records {
			found = append(found, net.JoinHostPort(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port))))
		}
	}
	if len(found) == 0 {
		return nil, &kerberosError{what: kerberosNoKDC, realm: realm}
	}
	addrs := make([]string, 0, len(found))
	for _, a := range found[:min(len(found), maxKDCs)] {
		if _, _, err := net.SplitHostPort(a); err != nil {
			a = net.JoinHostPort(strings.Trim(a, "[]"), strconv.Itoa(kdcPort))
		}
		addrs = append(addrs, a)
	}
	return addrs, nil
}

// ask sends a message to a domain controller of the realm, the next one if that does
// not answer, and returns its answer. What it refuses is a messages.KRBError.
func (k *kdcs) ask(ctx context.Context, realm string, message []byte) ([]byte, error) {
	addrs, err := k.of(ctx, realm)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		var answer []byte
		answer, err = k.exchange(ctx, addr, message)
		if ctx.Err() != nil {
			return nil, ctxError(ctx)
		}
		if err != nil {
			continue
		}
		var refused messages.KRBError
		if refused.Unmarshal(answer) != nil {
			return answer, nil
		}
		if err = refused; refused.ErrorCode != errorcode.KDC_ERR_SVC_UNAVAILABLE {
			return nil, refused
		}
	}
	return nil, &kerberosError{what: kerberosUnreachable, realm: realm, addrs: addrs, err: err}
}

// exchange is one message and its answer over TCP (RFC 4120 section 7.2.2).
func (k *kdcs) exchange(ctx context.Context, addr string, message []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kdcTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // the answer is read whole, or is of no use
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	if _, err := conn.Write(append(request, message...)); err != nil {
		return nil, err
	}
	var length [4]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > maxKDCAnswer {
		return nil, fmt.Errorf("an answer of %d bytes: %w", n, errTooLarge)
	}
	answer := make([]byte, n)
	_, err = io.ReadFull(conn, answer)
	return answer, err
}
