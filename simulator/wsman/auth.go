package wsman

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// negotiation is one Negotiate exchange; it belongs to one connection.
type negotiation struct {
	ntlm     *acceptor
	spnego   bool
	mechList []byte
	needMIC  bool // NTLM was not the client's first choice (RFC 4178 5)
}

// step takes the client's token and returns the answer's. account is set once
// the client is authenticated; the reply may still be non-empty then.
func (n *negotiation) step(o *Options, token, binding []byte) (reply []byte, account string, s *session, err error) {
	if messageType(token) != 0 {
		reply, account, s, err = n.ntlmStep(o, token, binding)
		return
	}
	t, err := parseSPNEGO(token)
	if err != nil {
		return nil, "", nil, err
	}
	if t.init {
		i := slices.IndexFunc(t.mechs, oidNTLM.Equal)
		if i < 0 {
			return nil, "", nil, fmt.Errorf("no mechanism in common: %w", errLogon)
		}
		*n = negotiation{spnego: true, mechList: t.mechList, needMIC: i > 0}
		if i > 0 || t.token == nil {
			// The optimistic token, if any, is another mechanism's.
			return negTokenResp(requestMIC, oidNTLM, nil, nil), "", nil, nil
		}
		reply, _, _, err = n.ntlmStep(o, t.token, binding)
		return negTokenResp(acceptIncomplete, oidNTLM, reply, nil), "", nil, err
	}
	if !n.spnego {
		return nil, "", nil, errSPNEGO
	}
	reply, account, s, err = n.ntlmStep(o, t.token, binding)
	switch {
	case err != nil:
		return nil, "", nil, err
	case account == "":
		return negTokenResp(acceptIncomplete, nil, reply, nil), "", nil, nil
	case t.mic == nil && n.needMIC:
		return nil, "", nil, fmt.Errorf("mechListMIC missing: %w", errLogon)
	case t.mic == nil:
		return negTokenResp(acceptCompleted, nil, nil, nil), account, s, nil
	case !s.verify(n.mechList, t.mic):
		return nil, "", nil, fmt.Errorf("mechListMIC wrong: %w", errLogon)
	}
	return negTokenResp(acceptCompleted, nil, nil, s.sign(n.mechList)), account, s, nil
}

func (n *negotiation) ntlmStep(o *Options, token, binding []byte) (reply []byte, account string, s *session, err error) {
	switch messageType(token) {
	case 1:
		n.ntlm = &acceptor{o: o}
		rand.Read(n.ntlm.challenge[:])
		reply, err = n.ntlm.respond(token)
	case 3:
		if n.ntlm == nil {
			return nil, "", nil, errNTLMMessage
		}
		a := n.ntlm
		n.ntlm = nil // a challenge is good for one answer
		account, s, err = a.authenticate(token, binding)
	default:
		err = errNTLMMessage
	}
	return reply, account, s, err
}

// lookup finds the password of an account named as user, DOMAIN\user,
// MACHINE\user or user@domain, and its name as Windows would print it. A name
// without a domain is one of the domain, else one of the machine.
func lookup(o *Options, domain, user string) (account, password string, ok bool) {
	if u, d, found := strings.Cut(user, "@"); found && domain == "" {
		user, domain = u, d
	}
	authority := netbiosDomain(o)
	find := func(authority string, local bool) bool {
		var name string
		if name, password, ok = o.Find(user, local); ok {
			account = authority + `\` + name
		}
		return ok
	}
	switch d := strings.ToLower(domain); {
	case d == "":
		if !find(authority, false) {
			find(o.Machine, true)
		}
	case strings.EqualFold(domain, authority), o.Domain != "" && strings.EqualFold(domain, o.Domain):
		find(authority, o.Domain == "")
	case strings.EqualFold(domain, o.Machine), d == ".":
		find(o.Machine, true)
	}
	return account, password, ok
}

// basic checks the credentials of a Basic Authorization header.
func basic(o *Options, encoded string) (account string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", false
	}
	user, password, found := strings.Cut(string(b), ":")
	if !found {
		return "", false
	}
	domain := ""
	if d, u, found := strings.Cut(user, `\`); found {
		domain, user = d, u
	}
	account, want, known := lookup(o, domain, user)
	correct := known && subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
	return account, o.SignIn(SignIn{account, known, correct})
}

// netbiosDomain is the flat name of the authority that holds the accounts.
func netbiosDomain(o *Options) string {
	if o.Domain == "" {
		return o.Machine
	}
	label, _, _ := strings.Cut(o.Domain, ".")
	return strings.ToUpper(label)
}

// channelBinding is the MD5 of the gss_channel_bindings_struct that carries
// tls-server-end-point (RFC 5929 4.1, MS-NLMP 2.2.2.1).
func channelBinding(shown tls.Certificate) []byte {
	certificate, c := shown.Certificate[0], shown.Leaf
	sum := sha256.Sum256(certificate)
	hash := sum[:]
	if c == nil {
		c, _ = x509.ParseCertificate(certificate) // one that does not parse is hashed like most
	}
	if c != nil {
		switch c.SignatureAlgorithm {
		case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
			h := sha512.Sum384(certificate)
			hash = h[:]
		case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
			h := sha512.Sum512(certificate)
			hash = h[:]
		}
	}
	data := append([]byte("tls-server-end-point:"), hash...)
	b := bytes.Repeat([]byte{0}, 16) // no initiator, no acceptor address
	b = ntlm.AppendUint32(b, uint32(len(data)))
	h := md5.Sum(append(b, data...))
	return h[:]
}
