package remoting

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jcmturner/gokrb5/v8/crypto/etype"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
)

// The header of a token (RFC 4121 section 4.2.6).
const (
	wrapToken       = 0x0504
	micToken        = 0x0404
	tokenHeader     = 16
	byAcceptor      = 1 << 0
	tokenSealed     = 1 << 1
	acceptorSubkey  = 1 << 2
	maxKerberosSign = 128 // bytes of the longest signature: header, rotated part, confounder
)

// kerberosSeal seals messages as Windows does with EncryptMessage (MS-WSMV 2.2.9.1):
// an ordinary wrap token of RFC 4121, rotated to the right by what follows the data,
// so that the data has its own length and all the rest, the "signature", comes before
// it. The layout is the one of MIT's gss_wrap_iov without a trailer, which others are
// known to have used against Windows.
type kerberosSeal struct {
	key            []byte
	etype          etype.EType
	ofAcceptor     bool // the key is the node's
	sent, received uint64
}

// errSeal is that a message was not sealed by the node, or not in this order.
var errSeal = errors.New("the seal is not right")

func (s *kerberosSeal) flags() byte {
	if s.ofAcceptor {
		return tokenSealed | acceptorSubkey
	}
	return tokenSealed
}

// tail is the length of what follows the data in an unrotated token: the sealed copy
// of the header and the checksum.
func (s *kerberosSeal) tail() int { return tokenHeader + s.etype.GetHMACBitLength()/8 }

// signature says whether n is a possible length of one.
func (s *kerberosSeal) signature(n int) bool {
	return n >= tokenHeader+s.etype.GetConfounderByteSize()+s.tail() && n <= maxKerberosSign
}

func header(kind uint16, flags byte, seq uint64) []byte {
	h := append(binary.BigEndian.AppendUint16(nil, kind), flags, 0xff, 0, 0, 0, 0)
	return binary.BigEndian.AppendUint64(h, seq)
}

// Wrap seals the next message.
func (s *kerberosSeal) Wrap(message []byte) (sealed, signature []byte, err error) {
	h := header(wrapToken, s.flags(), s.sent)
	_, c, err := s.etype.EncryptMessage(s.key, append(bytes.Clone(message), h...), keyusage.GSSAPI_INITIATOR_SEAL)
	if err != nil {
		return nil, nil, err
	}
	confounder, cut := s.etype.GetConfounderByteSize(), len(c)-s.tail()
	if cut != confounder+len(message) {
		return nil, nil, errWeak
	}
	binary.BigEndian.PutUint16(h[6:], uint16(s.tail()))
	s.sent++
	return c[confounder:cut], append(append(h, c[cut:]...), c[:confounder]...), nil
}

// Unwrap opens the next message.
func (s *kerberosSeal) Unwrap(sealed, signature []byte) ([]byte, error) {
	if !s.signature(len(signature)) {
		return nil, errSeal
	}
	h := bytes.Clone(signature[:tokenHeader])
	extra, rotated := int(binary.BigEndian.Uint16(h[4:])), int(binary.BigEndian.Uint16(h[6:]))
	want := header(wrapToken, s.flags()|byAcceptor, s.received)
	binary.BigEndian.PutUint16(want[4:], uint16(extra))
	binary.BigEndian.PutUint16(h[6:], 0)
	if !bytes.Equal(h, want) { // kind, flags and the sequence number
		return nil, fmt.Errorf("%w: not the next message", errSeal)
	}
	body := append(bytes.Clone(signature[tokenHeader:]), sealed...)
	plain, err := s.unseal(body, rotated)
	if err != nil && extra > 0 { // some versions of Windows rotate by both (MIT's source says so)
		plain, err = s.unseal(body, rotated+extra)
	}
	if err != nil {
		return nil, err
	}
	end := len(plain) - tokenHeader - extra
	if end < 0 || !bytes.Equal(plain[len(plain)-tokenHeader:], want) {
		return nil, errSeal
	}
	s.received++
	return plain[:end], nil
}

// unseal turns back the rotation, checks and decrypts.
func (s *kerberosSeal) unseal(body []byte, rotated int) ([]byte, error) {
	if rotated > len(body) {
		return nil, errSeal
	}
	c := append(bytes.Clone(body[rotated:]), body[:rotated]...)
	plain, err := s.etype.DecryptMessage(s.key, c, keyusage.GSSAPI_ACCEPTOR_SEAL)
	if err != nil || len(plain) < tokenHeader {
		return nil, errSeal
	}
	return plain, nil
}

// verifyMIC checks what the node signed without sealing it, its list of mechanisms.
func (s *kerberosSeal) verifyMIC(message, token []byte) error {
	want := header(micToken, s.flags()&^tokenSealed|byAcceptor, s.received)
	binary.BigEndian.PutUint32(want[4:], 0xffffffff)
	if len(token) < tokenHeader || !bytes.Equal(token[:tokenHeader], want) {
		return errNoProof
	}
	sum, err := s.etype.GetChecksumHash(s.key, append(bytes.Clone(message), want...), keyusage.GSSAPI_ACCEPTOR_SIGN)
	if err != nil || !hmac.Equal(sum, token[tokenHeader:]) {
		return errNoProof
	}
	s.received++
	return nil
}
