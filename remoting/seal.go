package remoting

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
)

// sealer is the part of an NTLM or Kerberos security session that seals and opens
// messages, in the order in which they travel on one connection. Signatures have 16
// bytes, as NTLM's, unless it has a method that says which lengths they may have.
type sealer interface {
	Wrap(message []byte) (sealed, signature []byte, err error)
	Unwrap(sealed, signature []byte) ([]byte, error)
}

// signed says whether n bytes may be a signature.
func signed(s sealer, n int) bool {
	if k, ok := s.(interface{ signature(n int) bool }); ok {
		return k.signature(n)
	}
	return n == signatureLen
}

// The form of a sealed message: MS-WSMV 2.2.9.1. Windows begins header lines with a
// tab, so that it is not quite MIME.
const (
	sealedType   = `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"`
	boundary     = "--Encrypted Boundary"
	signatureLen = 16
)

// sealBody makes the HTTP body of a sealed SOAP message.
func sealBody(s sealer, body []byte) ([]byte, error) {
	sealed, signature, err := s.Wrap(body)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	if !signed(s, len(signature)) || bytes.Equal(sealed, body) && len(body) > 0 {
		return nil, fmt.Errorf("sealing: %w", errWeak) // never leave unsealed what should be sealed
	}
	var b bytes.Buffer
	b.Grow(len(sealed) + 512)
	b.WriteString(boundary + "\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=" + soapType + ";Length=")
	b.WriteString(strconv.Itoa(len(body)) + "\r\n" + boundary + "\r\n\tContent-Type: application/octet-stream\r\n")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(signature))))
	b.Write(signature)
	b.Write(sealed)
	b.WriteString(boundary + "--\r\n")
	return b.Bytes(), nil
}

// openBody checks and opens a sealed answer. An error means that the connection's
// security context is out of step.
func openBody(s sealer, body []byte) (plain []byte, err error) {
	bad := func(what string) ([]byte, error) {
		return nil, fmt.Errorf("sealed answer: %s: %w", what, errBadAnswer)
	}
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(body, "\r\n"), []byte(boundary+"\r\n"))
	if !ok {
		return bad("no boundary")
	}
	head, rest, ok := bytes.Cut(rest, []byte(boundary+"\r\n"))
	if !ok {
		return bad("no second part")
	}
	_, length, ok := bytes.Cut(head, []byte("Length="))
	if !ok {
		return bad("no length")
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(length)))
	if err != nil || n < 0 {
		return bad("no length")
	}
	_, data, ok := bytes.Cut(rest, []byte("application/octet-stream\r\n"))
	if !ok {
		return bad("no content")
	}
	// The sealed bytes may hold anything, the boundary too: they end where it ends.
	data, ok = bytes.CutSuffix(bytes.TrimSuffix(data, []byte("\r\n")), []byte(boundary+"--"))
	if !ok {
		return bad("no end")
	}
	if len(data) < 4+signatureLen {
		return bad("no signature")
	}
	size := binary.LittleEndian.Uint32(data)
	if uint64(size) > uint64(len(data)-4) || !signed(s, int(size)) {
		return bad("no signature")
	}
	signature, sealed := data[4:4+size], data[4+size:]
	if len(sealed) < n { // Kerberos may fill up
		return bad("wrong length")
	}
	defer func() {
		if recover() != nil {
			plain, err = bad("it does not open")
		}
	}()
	plain, err = s.Unwrap(sealed, signature)
	if err != nil {
		return bad(err.Error())
	}
	if len(plain) != n {
		return bad("wrong length")
	}
	return plain, nil
}
