package wsman

import (
	"encoding/asn1"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidSPNEGO = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}
	oidNTLM   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 2, 10}

	errSPNEGO = errors.New("malformed SPNEGO token")
)

// negState of a NegTokenResp (RFC 4178 4.2.2).
const (
	acceptCompleted  = 0
	acceptIncomplete = 1
	requestMIC       = 3
)

// spnegoToken is what the acceptor needs of either kind of client token.
type spnegoToken struct {
	init     bool
	mechs    []asn1.ObjectIdentifier
	mechList []byte // DER of the MechTypeList, which the mechListMIC signs
	token    []byte // mechToken or responseToken
	mic      []byte
}

// parseSPNEGO reads a NegTokenInit in its GSS-API frame, or a bare NegTokenResp.
func parseSPNEGO(b []byte) (t spnegoToken, err error) {
	in := cryptobyte.String(b)
	var body, seq cryptobyte.String
	app, ctx := der.Tag(0).Constructed()|0x40, func(n uint8) der.Tag { return der.Tag(n).Constructed().ContextSpecific() }
	if in.PeekASN1Tag(app) {
		var oid asn1.ObjectIdentifier
		if !in.ReadASN1(&body, app) || !body.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSPNEGO) ||
			!body.ReadASN1(&body, ctx(0)) {
			return t, errSPNEGO
		}
		t.init = true
	} else if !in.ReadASN1(&body, ctx(1)) {
		return t, errSPNEGO
	}
	if !in.Empty() || !body.ReadASN1(&seq, der.SEQUENCE) || !body.Empty() {
		return t, errSPNEGO
	}
	for !seq.Empty() {
		var field cryptobyte.String
		var tag der.Tag
		if !seq.ReadAnyASN1(&field, &tag) {
			return t, errSPNEGO
		}
		ok := true
		switch {
		case t.init && tag == ctx(0):
			var list cryptobyte.String
			t.mechList = slices.Clone(field)
			ok = field.ReadASN1(&list, der.SEQUENCE)
			for ok && !list.Empty() {
				var oid asn1.ObjectIdentifier
				ok = list.ReadASN1ObjectIdentifier(&oid)
				t.mechs = append(t.mechs, oid)
			}
		case tag == ctx(2):
			ok = field.ReadASN1Bytes(&t.token, der.OCTET_STRING)
		case tag == ctx(3) && field.PeekASN1Tag(der.OCTET_STRING), tag == ctx(4):
			// A NegTokenInit2 has negHints in 3 and the MIC in 4 (MS-SPNG 2.2.1).
			ok = field.ReadASN1Bytes(&t.mic, der.OCTET_STRING)
		}
		if !ok {
			return t, errSPNEGO
		}
	}
	return t, nil
}

// negTokenResp builds the acceptor's answer; nil parts are left out.
func negTokenResp(state uint8, mech asn1.ObjectIdentifier, token, mic []byte) []byte {
	b := cryptobyte.NewBuilder(nil)
	ctx := func(n uint8) der.Tag { return der.Tag(n).Constructed().ContextSpecific() }
	b.AddASN1(ctx(1), func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
				b.AddASN1(der.ENUM, func(b *cryptobyte.Builder) { b.AddUint8(state) })
			})
			if mech != nil {
				b.AddASN1(ctx(1), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(mech) })
			}
			if token != nil {
				b.AddASN1(ctx(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(token) })
			}
			if mic != nil {
				b.AddASN1(ctx(3), func(b *cryptobyte.Builder) { b.AddASN1OctetString(mic) })
			}
		})
	})
	return b.BytesOrPanic()
}
