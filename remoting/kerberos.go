package remoting

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/jcmturner/gokrb5/v8/messages"
)

// errNoProof is that the node did not show that it could open the ticket.
var errNoProof = errors.New("the node did not prove who it is")

// kerberos signs the lane's connection in with a ticket of the node's identity. The
// ticket travels with an empty body: Windows reads none before it knows us.
//
// The scheme is Negotiate and the token SPNEGO's, as requests-kerberos, curl and most
// others send it; then messages must be called HTTP-SPNEGO-session-encrypted. Windows'
// own client sends the bare ticket by the scheme Kerberos and has another name for
// its messages (MS-WSMV 2.2.9.1); WinRM refuses a mixture of both.
func (l *lane) kerberos(ctx context.Context) error {
	host := strings.ToLower(strings.TrimSuffix(l.name(), "."))
	spn := "HTTP/" + host
	if _, err := netip.ParseAddr(host); err == nil {
		return &kerberosError{what: kerberosAddress, spn: spn}
	}
	tickets := l.credential.ticketsFor(l.node.Kerberos)
	tk, err := tickets.service(ctx, spn)
	if err != nil {
		return err
	}
	h, err := newHandshake(tk, l.conn.peer)
	if err != nil {
		return fmt.Errorf("signing in by Kerberos: %w", err)
	}
	token, err := h.token()
	if err != nil {
		return fmt.Errorf("signing in by Kerberos: %w", err)
	}
	res, err := l.negotiate(ctx, token)
	if err != nil {
		return err
	}
	seal, err := h.outcome(res)
	if err != nil {
		tickets.forget(spn, tk)
		err = refusal(err, l.node.User, tk.Realm, spn, tickets.now())
		var e *kerberosError
		if errors.As(err, &e) {
			e.node, e.spn, e.realm = true, spn, tk.Realm
		}
		return err
	}
	if l.url.Scheme != "https" {
		l.conn.seal = seal
	}
	return nil
}

// outcome is what the node made of the ticket.
func (h *handshake) outcome(res *http.Response) (*kerberosSeal, error) {
	token, offered, err := negotiateToken(res)
	if err != nil {
		return nil, err
	}
	switch res.StatusCode {
	case http.StatusOK:
		seal, err := h.finish(token)
		if errors.Is(err, errNoProof) || len(token) == 0 {
			return nil, &kerberosError{what: kerberosMutual, err: err}
		}
		return seal, err
	case http.StatusForbidden:
		return nil, errForbidden
	case http.StatusUnauthorized:
		if len(token) > 0 {
			if _, err := h.finish(token); errors.As(err, new(messages.KRBError)) {
				return nil, err
			}
		} else if !offered {
			return nil, errNoNegotiate
		}
		return nil, &kerberosError{what: kerberosTicket}
	default:
		return nil, fmt.Errorf("signing in: %w: %w", errBadAnswer, statusError(res.StatusCode))
	}
}

// negotiateToken finds the Negotiate line of an answer and what it carries.
func negotiateToken(res *http.Response) (token []byte, offered bool, err error) {
	for _, line := range res.Header.Values("WWW-Authenticate") {
		scheme, text, _ := strings.Cut(line, " ")
		if !strings.EqualFold(scheme, "Negotiate") {
			continue
		}
		token, err = base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return nil, true, fmt.Errorf("the answer to Negotiate: %w", errBadAnswer)
		}
		return token, true, nil
	}
	return nil, false, nil
}
