package remoting

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"

	"github.com/bodgit/ntlmssp"

	"looksalive/cluster"
)

// Flags of an NTLM challenge (MS-NLMP 2.2.2.5) without which we do not go on.
const (
	flagUnicode   = 1 << 0
	flagAskTarget = 1 << 2
	flagSign      = 1 << 4
	flagSeal      = 1 << 5
	flagExtended  = 1 << 19 // extended session security: what NTLMv2 signs and seals with
	flagTarget    = 1 << 23
	flag128       = 1 << 29
	flagKeyExch   = 1 << 30
	requiredFlags = flagUnicode | flagSign | flagSeal | flagExtended | flagTarget | flag128 | flagKeyExch
)

// signIn authenticates the lane's connection by the one way its node is set to. A
// password or ticket request goes out only when it is the credential's turn.
func (l *lane) signIn(ctx context.Context) (err error) {
	node := l.node.key()
	if err := l.credential.held(node); err != nil {
		return err
	}
	switch l.node.Auth {
	case cluster.AuthNTLM:
		return l.ntlm(ctx)
	case cluster.AuthKerberos:
		tell, err := l.credential.try(ctx, node)
		if err != nil {
			return err
		}
		return tell(l.kerberos(ctx))
	case cluster.AuthBasic, cluster.AuthCertificate:
		// The first request signs in: once tells what came of it.
		l.conn.tell, err = l.credential.try(ctx, node)
		return err
	default:
		return fmt.Errorf("no such sign-in: %d", l.node.Auth)
	}
}

// ntlm begins with the first NTLM message at once: Windows closes the connection on
// a request without one.
func (l *lane) ntlm(ctx context.Context) error {
	domain, user := account(l.node.User)
	client, err := ntlmssp.NewClient(ntlmssp.SetUserInfo(user, l.node.Password.Reveal()), ntlmssp.SetDomain(domain), ntlmssp.SetCompatibilityLevel(3))
	if err != nil {
		return fmt.Errorf("NTLM: %w", err)
	}
	first, err := client.Authenticate(nil, nil)
	if err != nil {
		return fmt.Errorf("NTLM: %w", err)
	}
	// The library does not ask for the target, without which there is no channel
	// binding. Windows tells it unasked, others do not. It signs this same slice later.
	first[12] |= flagAskTarget
	res, err := l.negotiate(ctx, first)
	if err != nil {
		return err
	}
	challenge, err := challengeOf(res)
	if err != nil {
		return err
	}
	var bindings *ntlmssp.ChannelBindings
	if l.conn.peer != nil {
		bindings = &ntlmssp.ChannelBindings{ApplicationData: endPoint(l.conn.peer)}
	}
	third, err := authenticate(client, challenge, bindings)
	if err != nil {
		return err
	}
	// Only this message tries the password: a node that does not get so far holds up
	// nobody else.
	tell, err := l.credential.try(ctx, l.node.key())
	if err != nil {
		return err
	}
	if err := tell(l.prove(ctx, third)); err != nil {
		return err
	}
	if l.url.Scheme != "https" {
		l.conn.seal = client.SecuritySession()
	}
	return nil
}

// prove sends the third NTLM message.
func (l *lane) prove(ctx context.Context, third []byte) error {
	res, err := l.negotiate(ctx, third)
	if err != nil {
		return err
	}
	switch res.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return errPassword
	case http.StatusForbidden:
		return errForbidden
	default:
		return fmt.Errorf("signing in: %w: %w", errBadAnswer, statusError(res.StatusCode))
	}
}

// negotiate sends one NTLM message with an empty body.
func (l *lane) negotiate(ctx context.Context, token []byte) (*http.Response, error) {
	authorization := "Negotiate " + base64.StdEncoding.EncodeToString(token)
	res, _, err := l.conn.roundTrip(ctx, l.request(soapType, authorization, nil), l.limit)
	return res, err
}

// challengeOf takes the second NTLM message out of a 401 answer.
func challengeOf(res *http.Response) ([]byte, error) {
	switch res.StatusCode {
	case http.StatusUnauthorized:
	case http.StatusForbidden:
		return nil, errForbidden
	default:
		return nil, fmt.Errorf("signing in: %w: %w", errBadAnswer, statusError(res.StatusCode))
	}
	for _, line := range res.Header.Values("WWW-Authenticate") {
		scheme, token, _ := strings.Cut(line, " ")
		if !strings.EqualFold(scheme, "Negotiate") || token == "" {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
		if err != nil {
			return nil, fmt.Errorf("NTLM challenge: %w", errBadAnswer)
		}
		return b, nil
	}
	return nil, errNoNegotiate
}

// authenticate answers the challenge, if it offers all we insist on. The library
// indexes what the node sent: a malformed challenge may make it panic.
func authenticate(client *ntlmssp.Client, challenge []byte, b *ntlmssp.ChannelBindings) (token []byte, err error) {
	defer func() {
		if recover() != nil {
			token, err = nil, fmt.Errorf("NTLM challenge: %w", errBadAnswer)
		}
	}()
	if len(challenge) < 48 || string(challenge[:8]) != "NTLMSSP\x00" || challenge[8] != 2 {
		return nil, fmt.Errorf("NTLM challenge: %w", errBadAnswer)
	}
	if flags := binary.LittleEndian.Uint32(challenge[20:]); flags&requiredFlags != requiredFlags {
		return nil, errWeak
	}
	token, err = client.Authenticate(challenge, b)
	if err != nil {
		return nil, fmt.Errorf("NTLM challenge: %w: %w", errBadAnswer, err)
	}
	return token, nil
}

// account splits DOMAIN\user. user@domain stays whole, as Windows wants it.
func account(name string) (domain, user string) {
	if domain, user, ok := strings.Cut(name, `\`); ok {
		return domain, user
	}
	return "", name
}

// endPoint is the channel binding tls-server-end-point (RFC 5929 section 4.1): the
// certificate's hash, by SHA-256 unless its signature uses something stronger.
func endPoint(c *x509.Certificate) []byte {
	h := crypto.SHA256
	switch c.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		h = crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		h = crypto.SHA512
	}
	sum := h.New()
	sum.Write(c.Raw)
	return append([]byte(ntlmssp.TLSServerEndPoint+":"), sum.Sum(nil)...)
}

// basic is the Authorization header of Basic.
func basic(n Node) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(n.User+":"+n.Password.Reveal()))
}
