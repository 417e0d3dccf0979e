package wsman

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode/utf16"

	//lint:ignore SA1019 NTLM is defined on MD4.
	"golang.org/x/crypto/md4"
)

// NTLM negotiate flags (MS-NLMP 2.2.2.5).
const (
	flagUnicode       = 0x00000001
	flagOEM           = 0x00000002
	flagRequestTarget = 0x00000004
	flagSign          = 0x00000010
	flagSeal          = 0x00000020
	flagNTLM          = 0x00000200
	flagAlwaysSign    = 0x00008000
	flagTargetDomain  = 0x00010000
	flagTargetServer  = 0x00020000
	flagExtended      = 0x00080000 // extended session security
	flagTargetInfo    = 0x00800000
	flagVersion       = 0x02000000
	flag128           = 0x20000000
	flagKeyExchange   = 0x40000000
	flag56            = 0x80000000

	// A sealed WinRM message needs all of these.
	sealFlags = flagSign | flagSeal | flagExtended | flag128 | flagKeyExchange
)

// Attribute ids of a target information block (MS-NLMP 2.2.2.1).
const (
	avEOL = iota
	avNbComputer
	avNbDomain
	avDNSComputer
	avDNSDomain
	avDNSTree
	avFlags
	avTimestamp
	avSingleHost
	avTargetName
	avChannelBindings
)

const (
	ntlmSignature = "NTLMSSP\x00"
	// maxLifetime is how far a response's time stamp may be from the server's
	// clock (MS-NLMP 3.2.5.1.2, Windows 7 and later).
	maxLifetime = 36 * time.Hour
)

var (
	errNTLMMessage = errors.New("malformed NTLM message")
	errLogon       = errors.New("logon failure")
)

var ntlm = binary.LittleEndian

// acceptor is the server side of one NTLM exchange.
type acceptor struct {
	o         *Options
	challenge [8]byte
	// negotiate and challengeMessage are kept for the MIC.
	negotiate, challengeMessage []byte
}

// messageType returns 1, 2 or 3, or 0 when b is no NTLM message.
func messageType(b []byte) uint32 {
	if len(b) < 16 || string(b[:8]) != ntlmSignature {
		return 0
	}
	return ntlm.Uint32(b[8:])
}

// respond answers a NEGOTIATE_MESSAGE with a CHALLENGE_MESSAGE.
func (a *acceptor) respond(negotiate []byte) ([]byte, error) {
	if messageType(negotiate) != 1 {
		return nil, errNTLMMessage
	}
	asked := ntlm.Uint32(negotiate[12:])
	flags := asked&(flagSign|flagSeal|flagAlwaysSign|flagExtended|flag128|flag56|flagKeyExchange|flagRequestTarget) |
		flagNTLM | flagTargetInfo | flagVersion
	target := a.o.Machine
	if a.o.Domain != "" {
		target = netbiosDomain(a.o)
		flags |= flagTargetDomain
	} else {
		flags |= flagTargetServer
	}
	name := []byte(target)
	if asked&flagUnicode != 0 {
		flags |= flagUnicode
		name = utf16le(target)
	} else {
		flags |= flagOEM
	}
	info := a.targetInfo()

	const header = 56
	m := make([]byte, header, header+len(name)+len(info))
	copy(m, ntlmSignature)
	ntlm.PutUint32(m[8:], 2)
	putField(m[12:], len(name), header)
	ntlm.PutUint32(m[20:], flags)
	copy(m[24:32], a.challenge[:])
	putField(m[40:], len(info), header+len(name))
	copy(m[48:], []byte{10, 0, 0x7c, 0x4f, 0, 0, 0, 15}) // 10.0.20348, NTLM revision 15
	m = append(append(m, name...), info...)
	a.negotiate, a.challengeMessage = bytes.Clone(negotiate), m
	return m, nil
}

// targetInfo lists the names in the order Windows does.
func (a *acceptor) targetInfo() []byte {
	var b []byte
	add := func(id uint16, v []byte) {
		b = ntlm.AppendUint16(b, id)
		b = ntlm.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
	}
	host := a.o.Machine
	if a.o.Domain != "" {
		host += "." + a.o.Domain
	}
	add(avNbDomain, utf16le(netbiosDomain(a.o)))
	add(avNbComputer, utf16le(a.o.Machine))
	add(avDNSDomain, utf16le(a.o.Domain))
	add(avDNSComputer, utf16le(host))
	if a.o.Domain != "" {
		add(avDNSTree, utf16le(a.o.Domain))
	}
	add(avTimestamp, ntlm.AppendUint64(nil, filetime(a.o.Now())))
	add(avEOL, nil)
	return b
}

// authenticate verifies an AUTHENTICATE_MESSAGE and returns the account as
// DOMAIN\user with the keys of the session. binding is the MD5 of the channel
// bindings expected on a TLS connection, nil on a plain one.
func (a *acceptor) authenticate(m, binding []byte) (account string, s *session, err error) {
	t, err := parseAuthenticate(m)
	if err != nil {
		return "", nil, err
	}
	account, password, known := lookup(a.o, t.domain, t.user)
	if len(t.ntResponse) <= 24 { // 24 bytes would be NTLMv1
		return "", nil, errLogon
	}
	proof, blob := t.ntResponse[:16], t.ntResponse[16:]
	key := ntowfv2(t.user, password, t.domain)
	if !known || !hmac.Equal(proof, hmacMD5(key, a.challenge[:], blob)) {
		a.o.SignIn(SignIn{account, known, false})
		return "", nil, errLogon
	}
	if len(blob) < 32 || blob[0] != 1 {
		return "", nil, errNTLMMessage
	}
	if d := a.o.Now().Sub(fromFiletime(ntlm.Uint64(blob[8:]))); d > maxLifetime || d < -maxLifetime {
		return "", nil, errLogon
	}
	av, err := parseAV(blob[28:])
	if err != nil {
		return "", nil, err
	}
	sessionKey := hmacMD5(key, proof)
	if t.flags&flagKeyExchange != 0 {
		if len(t.sessionKey) != 16 {
			return "", nil, errNTLMMessage
		}
		sessionKey = rc4Once(sessionKey, t.sessionKey)
	}
	if f := av[avFlags]; len(f) == 4 && ntlm.Uint32(f)&2 != 0 {
		if len(m) < 88 {
			return "", nil, errNTLMMessage
		}
		zeroed := bytes.Clone(m)
		clear(zeroed[72:88])
		if !hmac.Equal(m[72:88], hmacMD5(sessionKey, a.negotiate, a.challengeMessage, zeroed)) {
			return "", nil, errLogon
		}
	}
	// CbtHardeningLevel=Relaxed, the default: checked when the client sends one.
	if cb := av[avChannelBindings]; binding != nil && len(cb) == 16 && !allZero(cb) &&
		subtle.ConstantTimeCompare(cb, binding) != 1 {
		return "", nil, errLogon
	}
	if !a.o.SignIn(SignIn{account, true, true}) {
		return "", nil, errLogon
	}
	return account, newSession(sessionKey, t.flags&ntlm.Uint32(a.challengeMessage[20:]), true), nil
}

type authenticateMessage struct {
	ntResponse, sessionKey []byte
	domain, user           string
	flags                  uint32
}

func parseAuthenticate(m []byte) (t authenticateMessage, err error) {
	if messageType(m) != 3 || len(m) < 64 {
		return t, errNTLMMessage
	}
	var domain, user []byte
	for _, f := range []struct {
		at int
		to *[]byte
	}{{20, &t.ntResponse}, {28, &domain}, {36, &user}, {52, &t.sessionKey}} {
		n, off := int(ntlm.Uint16(m[f.at:])), int(ntlm.Uint32(m[f.at+4:]))
		if n == 0 {
			continue
		}
		if off > len(m) || n > len(m)-off {
			return t, errNTLMMessage
		}
		*f.to = m[off : off+n]
	}
	t.flags = ntlm.Uint32(m[60:])
	text := fromUTF16
	if t.flags&flagUnicode == 0 {
		text = fromOEM
	}
	t.domain, t.user = text(domain), text(user)
	return t, nil
}

func parseAV(b []byte) (map[uint16][]byte, error) {
	av := map[uint16][]byte{}
	for len(b) >= 4 {
		id, n := ntlm.Uint16(b), int(ntlm.Uint16(b[2:]))
		if id == avEOL {
			return av, nil
		}
		if n > len(b)-4 {
			break
		}
		av[id], b = b[4:4+n], b[4+n:]
	}
	return nil, errNTLMMessage
}

func putField(b []byte, n, offset int) {
	ntlm.PutUint16(b, uint16(n))
	ntlm.PutUint16(b[2:], uint16(n))
	ntlm.PutUint32(b[4:], uint32(offset))
}

// ntowfv2 is the NTLMv2 one-way function of a password (MS-NLMP 3.3.2).
func ntowfv2(user, password, domain string) []byte {
	h := md4.New()
	h.Write(utf16le(password))
	return hmacMD5(h.Sum(nil), utf16le(strings.ToUpper(user)+domain))
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// rc4Once enciphers b with a fresh key stream.
func rc4Once(key, b []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err) // the key is always an MD5
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, u := range utf16.Encode([]rune(s)) {
		b = ntlm.AppendUint16(b, u)
	}
	return b
}

func fromUTF16(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = ntlm.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// fromOEM reads a name in the client's code page, which the message does not
// name; beyond ASCII it is taken for Latin-1.
func fromOEM(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// filetime counts 100 ns steps since 1601.
func filetime(t time.Time) uint64 {
	return uint64(t.Unix()+secondsTo1970)*1e7 + uint64(t.Nanosecond()/100)
}

func fromFiletime(f uint64) time.Time {
	return time.Unix(int64(f/1e7)-secondsTo1970, int64(f%1e7)*100)
}

const secondsTo1970 = 11644473600

func allZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
