package remoting

import (
	"crypto/md5" // what RFC 4121 section 4.1.1 says; it protects nothing by itself
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// Mechanisms (RFC 4178, RFC 4121, MS-SPNG 1.9). Windows' first clients sent the last
// one by mistake; offering both is what others do who sign in to HTTP.sys.
var (
	oidSPNEGO = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}
	oidKRB5   = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
	oidMSKRB5 = asn1.ObjectIdentifier{1, 2, 840, 48018, 1, 2, 2}
)

// The first two bytes of a Kerberos token (RFC 4121 section 4.1).
const (
	tokenAPReq = 0x0100
	tokenAPRep = 0x0200
	tokenError = 0x0300
)

// Flags and type of the authenticator's checksum (RFC 4121 section 4.1.1.1). Not
// GSS_C_DCE_STYLE: WinRM's messages have the layout of SSPI's EncryptMessage, which
// is the ordinary token rotated.
const (
	gssMutual    = 1 << 1
	gssReplay    = 1 << 2
	gssSequence  = 1 << 3
	gssConf      = 1 << 4
	gssInteg     = 1 << 5
	gssChecksum  = 0x8003
	negReject    = 2
	bindingBytes = md5.Size
)

type negTokenInit struct {
	Mechanisms []asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	Token      []byte                  `asn1:"explicit,tag:2"`
}

type negTokenResp struct {
	State     asn1.Enumerated       `asn1:"explicit,optional,default:-1,tag:0"`
	Mechanism asn1.ObjectIdentifier `asn1:"explicit,optional,tag:1"`
	Token     []byte                `asn1:"explicit,optional,tag:2"`
	MIC       []byte                `asn1:"explicit,optional,tag:3"`
}

// handshake is a sign-in to a node with one ticket.
type handshake struct {
	ticket *ticket
	auth   types.Authenticator
	mechs  []byte // DER of the list of mechanisms, which a MIC may cover
}

// newHandshake makes what we say about ourselves. cert is the node's over TLS, nil
// without: it binds the sign-in to this connection.
func newHandshake(tk *ticket, cert *x509.Certificate) (*handshake, error) {
	auth, err := types.NewAuthenticator(tk.crealm, tk.cname)
	if err != nil {
		return nil, err
	}
	et, err := crypto.GetEtype(tk.key.KeyType)
	if err != nil {
		return nil, err
	}
	if err := auth.GenerateSeqNumberAndSubKey(tk.key.KeyType, et.GetKeyByteSize()); err != nil {
		return nil, err
	}
	auth.Cksum = types.Checksum{CksumType: gssChecksum, Checksum: checksum(cert)}
	return &handshake{ticket: tk, auth: auth}, nil
}

// checksum is what GSS-API carries in the authenticator's checksum.
func checksum(cert *x509.Certificate) []byte {
	var binding [bindingBytes]byte
	if cert != nil {
		data := endPoint(cert)
		// struct gss_channel_bindings: no addresses, then the application's data
		b := append(make([]byte, 16), binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
		binding = md5.Sum(append(b, data...))
	}
	b := binary.LittleEndian.AppendUint32(nil, bindingBytes)
	b = append(b, binding[:]...)
	return binary.LittleEndian.AppendUint32(b, gssMutual|gssReplay|gssSequence|gssConf|gssInteg)
}

// token is the NegTokenInit to be sent.
func (h *handshake) token() ([]byte, error) {
	ap, err := messages.NewAPReq(h.ticket.Ticket, h.ticket.key, h.auth)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&ap.APOptions, flags.APOptionMutualRequired)
	b, err := ap.Marshal()
	if err != nil {
		return nil, err
	}
	if b, err = framed(oidKRB5, append(binary.BigEndian.AppendUint16(nil, tokenAPReq), b...)); err != nil {
		return nil, err
	}
	mechanisms := []asn1.ObjectIdentifier{oidKRB5, oidMSKRB5}
	if h.mechs, err = asn1.Marshal(mechanisms); err != nil {
		return nil, err
	}
	if b, err = asn1.Marshal(negTokenInit{Mechanisms: mechanisms, Token: b}); err != nil {
		return nil, err
	}
	if b, err = asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: b}); err != nil {
		return nil, err
	}
	return framed(oidSPNEGO, b)
}

// framed is a GSS-API token (RFC 2743 section 3.1).
func framed(oid asn1.ObjectIdentifier, b []byte) ([]byte, error) {
	o, err := asn1.Marshal(oid)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassApplication, Tag: 0, IsCompound: true, Bytes: append(o, b...)})
}

// unframed takes the Kerberos message and its kind out of a token. Some send it bare.
func unframed(b []byte) (kind uint16, message []byte, err error) {
	var outer asn1.RawValue
	if _, err := asn1.Unmarshal(b, &outer); err != nil || outer.Class != asn1.ClassApplication {
		return 0, nil, errBadAnswer
	}
	switch outer.Tag {
	case 15:
		return tokenAPRep, b, nil
	case 30:
		return tokenError, b, nil
	case 0:
		var oid asn1.ObjectIdentifier
		rest, err := asn1.Unmarshal(outer.Bytes, &oid)
		if err != nil || len(rest) < 2 || !oid.Equal(oidKRB5) && !oid.Equal(oidMSKRB5) {
			return 0, nil, errBadAnswer
		}
		return binary.BigEndian.Uint16(rest), rest[2:], nil
	}
	return 0, nil, errBadAnswer
}

// finish checks that the node proved who it is, and returns what both have agreed on.
// The error is a messages.KRBError if it sent one.
func (h *handshake) finish(answer []byte) (*kerberosSeal, error) {
	return guard(func() (*kerberosSeal, error) {
		var choice asn1.RawValue
		if _, err := asn1.Unmarshal(answer, &choice); err != nil || choice.Class != asn1.ClassContextSpecific || choice.Tag != 1 {
			return nil, fmt.Errorf("SPNEGO: %w", errBadAnswer)
		}
		var resp negTokenResp
		if _, err := asn1.Unmarshal(choice.Bytes, &resp); err != nil {
			return nil, fmt.Errorf("SPNEGO: %w", errBadAnswer)
		}
		if len(resp.Token) == 0 {
			return nil, errNoProof
		}
		kind, message, err := unframed(resp.Token)
		if err != nil {
			return nil, fmt.Errorf("SPNEGO: %w", err)
		}
		if kind == tokenError {
			var refused messages.KRBError
			if err := refused.Unmarshal(message); err != nil {
				return nil, fmt.Errorf("KRB-ERROR: %w", errBadAnswer)
			}
			return nil, refused
		}
		if kind != tokenAPRep || resp.State == negReject {
			return nil, errNoProof
		}
		seal, err := h.proven(message)
		if err == nil && len(resp.MIC) > 0 {
			err = seal.verifyMIC(h.mechs, resp.MIC)
		}
		return seal, err
	})
}

// proven opens AP-REP: only who could open the ticket can have made it.
func (h *handshake) proven(message []byte) (*kerberosSeal, error) {
	var rep messages.APRep
	if err := rep.Unmarshal(message); err != nil {
		return nil, fmt.Errorf("AP-REP: %w: %w", errBadAnswer, err)
	}
	plain, err := crypto.DecryptEncPart(rep.EncPart, h.ticket.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoProof, err)
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return nil, fmt.Errorf("AP-REP: %w: %w", errBadAnswer, err)
	}
	if part.CTime.Unix() != h.auth.CTime.Unix() || part.Cusec != h.auth.Cusec {
		return nil, fmt.Errorf("%w: it answers another sign-in", errNoProof)
	}
	key, ofAcceptor := h.auth.SubKey, false
	if len(part.Subkey.KeyValue) > 0 {
		key, ofAcceptor = part.Subkey, true
	}
	et, err := crypto.GetEtype(key.KeyType)
	if err != nil || !slices.Contains(etypes, key.KeyType) || len(key.KeyValue) != et.GetKeyByteSize() {
		return nil, &kerberosError{what: kerberosEtype}
	}
	return &kerberosSeal{key: key.KeyValue, etype: et, ofAcceptor: ofAcceptor,
		sent: uint64(h.auth.SeqNumber), received: uint64(uint32(part.SequenceNumber))}, nil
}
