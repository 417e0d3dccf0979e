package wsman

import (
	"bytes"
	"crypto/md5"
	"crypto/rc4"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
)

var errSeal = errors.New("message does not belong to this security context")

const (
	sealedType = `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"`
	boundary   = "--Encrypted Boundary"
	octets     = "\tContent-Type: application/octet-stream\r\n"
)

// session signs and seals with extended session security and key exchange
// (MS-NLMP 3.4). It is not safe for concurrent use: the sequence numbers and
// the cipher streams follow the order of the messages on one connection.
type session struct {
	canSeal bool
	in, out direction
}

type direction struct {
	signKey, sealKey []byte
	plainMAC         bool // no key exchange: the checksum is not enciphered
	cipher           *rc4.Cipher
	seq              uint32
}

// newSession derives the keys of one side from the exported session key.
func newSession(key []byte, flags uint32, server bool) *session {
	client := newDirection(key, flags, "client-to-server")
	srv := newDirection(key, flags, "server-to-client")
	s := &session{canSeal: flags&sealFlags == sealFlags, in: client, out: srv}
	if !server {
		s.in, s.out = srv, client
	}
	return s
}

func newDirection(key []byte, flags uint32, name string) direction {
	derive := func(purpose string) []byte {
		h := md5.Sum(append(bytes.Clone(key), "session key to "+name+" "+purpose+" key magic constant\x00"...))
		return h[:]
	}
	d := direction{signKey: derive("signing"), sealKey: derive("sealing"), plainMAC: flags&flagKeyExchange == 0}
	d.reset()
	return d
}

// reset starts the cipher stream again but not the sequence number, as SPNEGO
// does after a mechListMIC (MS-SPNG 3.3.5.1).
func (d *direction) reset() { d.cipher, _ = rc4.NewCipher(d.sealKey) }

// mac is the signature of msg under the next sequence number.
func (d *direction) mac(msg []byte) []byte {
	seq := ntlm.AppendUint32(nil, d.seq)
	d.seq++
	sum := hmacMD5(d.signKey, seq, msg)[:8]
	if !d.plainMAC {
		d.cipher.XORKeyStream(sum, sum)
	}
	return append(append([]byte{1, 0, 0, 0}, sum...), seq...)
}

// seal returns the signature and the sealed message.
func (s *session) seal(msg []byte) (signature, sealed []byte) {
	sealed = make([]byte, len(msg))
	s.out.cipher.XORKeyStream(sealed, msg)
	return s.out.mac(msg), sealed
}

func (s *session) unseal(signature, sealed []byte) ([]byte, error) {
	msg := make([]byte, len(sealed))
	s.in.cipher.XORKeyStream(msg, sealed)
	if subtle.ConstantTimeCompare(signature, s.in.mac(msg)) != 1 {
		return nil, errSeal
	}
	return msg, nil
}

// sign and verify cover a mechListMIC.
func (s *session) sign(msg []byte) []byte {
	m := s.out.mac(msg)
	s.out.reset()
	return m
}

func (s *session) verify(msg, mic []byte) bool {
	ok := subtle.ConstantTimeCompare(mic, s.in.mac(msg)) == 1
	s.in.reset()
	return ok
}

// sealBody wraps a SOAP message as MS-WSMV 2.2.9.1.1 does, with the leading
// tabs of real Windows.
func (s *session) sealBody(kind string, msg []byte) []byte {
	signature, sealed := s.seal(msg)
	b := make([]byte, 0, len(sealed)+320)
	b = append(b, boundary+"\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"+
		"\tOriginalContent: type="+kind+";Length="...)
	b = strconv.AppendInt(b, int64(len(msg)), 10)
	b = append(b, "\r\n"+boundary+"\r\n"+octets...)
	b = ntlm.AppendUint32(b, uint32(len(signature)))
	b = append(append(b, signature...), sealed...)
	return append(b, boundary+"--\r\n"...)
}

// openBody undoes sealBody for a client's message.
func (s *session) openBody(body []byte) ([]byte, error) {
	if !s.canSeal {
		return nil, errSeal
	}
	head, rest, ok := bytes.Cut(body, []byte(boundary+"\r\n"))
	if !ok || len(bytes.TrimSpace(head)) != 0 {
		return nil, fmt.Errorf("no opening boundary: %w", errSeal)
	}
	head, rest, ok = bytes.Cut(rest, []byte(boundary+"\r\n"))
	if !ok {
		return nil, fmt.Errorf("no second part: %w", errSeal)
	}
	_, length, ok := bytes.Cut(head, []byte("Length="))
	if !ok {
		return nil, fmt.Errorf("no OriginalContent: %w", errSeal)
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(length)))
	if err != nil {
		return nil, fmt.Errorf("OriginalContent length: %w", errSeal)
	}
	_, payload, ok := bytes.Cut(rest, []byte("octet-stream\r\n"))
	if !ok {
		return nil, fmt.Errorf("no octet-stream: %w", errSeal)
	}
	payload = bytes.TrimPrefix(payload, []byte("\r\n"))
	// The sealed bytes may contain anything, the boundary included: trust the length.
	if n < 0 || n > len(payload)-20 || ntlm.Uint32(payload) != 16 ||
		string(bytes.TrimSpace(payload[20+n:])) != boundary+"--" {
		return nil, fmt.Errorf("payload length: %w", errSeal)
	}
	return s.unseal(payload[4:20], payload[20:20+n])
}
