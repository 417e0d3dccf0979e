package remoting

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// etypes are the encryption types we use, the better first. RC4 and DES are not among
// them: RFC 8429, and the sealing of messages is written for AES. Those of RFC 8009
// are not either: gokrb5 has the wrong length for a key of one of them.
var etypes = []int32{etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96}

// maxIterations bounds how long a domain controller can make us compute a key from a
// password: 4,096 iterations are usual (RFC 3962 section 4).
const maxIterations = 1 << 17

// requests is what gokrb5 makes requests by: no addresses, nothing to be forwarded.
var requests = func() *config.Config {
	c := config.New()
	c.LibDefaults.DefaultTktEnctypeIDs, c.LibDefaults.DefaultTGSEnctypeIDs = etypes, etypes
	return c
}()

// etypeInfo is how the domain controller makes the account's key (RFC 4120 section
// 5.2.7.5).
type etypeInfo struct {
	etype  int32
	salt   *string // nil means the usual one
	params []byte
}

// infoOf takes the first of ETYPE-INFO2 that was asked for, or def if there is none.
func infoOf(data types.PADataSequence, wanted []int32, def int32) (etypeInfo, error) {
	for _, pa := range data {
		if pa.PADataType != patype.PA_ETYPE_INFO2 {
			continue
		}
		var entries types.ETypeInfo2
		if err := entries.Unmarshal(pa.PADataValue); err != nil {
			return etypeInfo{}, fmt.Errorf("ETYPE-INFO2: %w", errBadAnswer)
		}
		for _, e := range entries {
			if !slices.Contains(wanted, e.EType) {
				continue
			}
			if p := e.S2KParams; len(p) == 4 {
				if n := binary.BigEndian.Uint32(p); n == 0 || n > maxIterations { // 0 means 2^32
					return etypeInfo{}, fmt.Errorf("ETYPE-INFO2: %d iterations: %w", n, errBadAnswer)
				}
			}
			return etypeInfo{etype: e.EType, salt: &e.Salt, params: e.S2KParams}, nil
		}
		return etypeInfo{}, &kerberosError{what: kerberosEtype}
	}
	return etypeInfo{etype: def}, nil
}

// signIn gets the ticket that all others are got with: the AS exchange of RFC 4120
// section 3.1. The password is shown at most once.
func (t *tickets) signIn(ctx context.Context) (*ticket, error) {
	cname, realm, err := t.principal()
	if err != nil {
		return nil, err
	}
	kt, err := t.keytab()
	if err != nil {
		return nil, &kerberosError{what: kerberosKeytab, realm: realm, err: err}
	}
	for range maxReferrals {
		tgt, next, err := t.signInTo(ctx, cname, realm, kt)
		if next != "" && !strings.EqualFold(next, realm) && cname.NameType == nametype.KRB_NT_ENTERPRISE {
			realm = next // the account is in another domain (RFC 6806 section 7)
			continue
		}
		err = refusal(err, t.id.User, realm, "", t.now())
		if errors.Is(err, errPassword) {
			t.mu.Lock()
			t.rejected = err
			t.mu.Unlock()
		}
		return tgt, err
	}
	return nil, fmt.Errorf("referred from one realm to the next: %w", errBadAnswer)
}

// signInTo asks one realm. next is the realm that it says the account is in.
func (t *tickets) signInTo(ctx context.Context, cname types.PrincipalName, realm string, kt *keytab.Keytab) (tgt *ticket, next string, err error) {
	wanted := etypesOf(kt, cname, realm)
	if len(wanted) == 0 {
		return nil, "", &kerberosError{what: kerberosKeytab, realm: realm}
	}
	req, err := messages.NewASReqForTGT(realm, requests, cname)
	if err != nil {
		return nil, "", err
	}
	req.ReqBody.EType = wanted
	if cname.NameType == nametype.KRB_NT_ENTERPRISE {
		types.SetFlag(&req.ReqBody.KDCOptions, flags.Canonicalize)
	}
	var (
		answer  []byte
		refused messages.KRBError
		info    etypeInfo
	)
	send := func() error {
		b, err := req.Marshal()
		if err == nil {
			answer, err = t.kdcs.ask(ctx, realm, b)
		}
		return err
	}
	switch err = send(); {
	case err == nil: // an account that need not prove anything before
	case !errors.As(err, &refused):
		return nil, "", err
	case refused.ErrorCode == errorcode.KDC_ERR_WRONG_REALM:
		return nil, refused.CRealm, err
	case refused.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED:
		var data types.PADataSequence
		if data.Unmarshal(refused.EData) != nil {
			return nil, "", fmt.Errorf("pre-authentication: %w", errBadAnswer)
		}
		if info, err = infoOf(data, wanted, 0); err != nil {
			return nil, "", err
		}
		if info.etype == 0 { // the account has no key of a type that we offered
			return nil, "", &kerberosError{what: kerberosEtype, realm: realm}
		}
		key, err := t.longTermKey(kt, cname, realm, 0, info)
		if err != nil {
			return nil, "", err
		}
		if req.PAData, err = timestamp(key, t.now()); err != nil {
			return nil, "", err
		}
		if err := send(); err != nil {
			return nil, "", err
		}
	default:
		return nil, "", err
	}
	return t.accept(answer, req, kt, realm, wanted, info)
}

// timestamp proves that we know the key: PA-ENC-TIMESTAMP.
func timestamp(key types.EncryptionKey, now time.Time) (types.PADataSequence, error) {
	now = now.UTC()
	b, err := asn1.Marshal(types.PAEncTSEnc{PATimestamp: now, PAUSec: now.Nanosecond() / 1000})
	if err != nil {
		return nil, err
	}
	sealed, err := crypto.GetEncryptedData(b, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, 0)
	if err != nil {
		return nil, err
	}
	if b, err = sealed.Marshal(); err != nil {
		return nil, err
	}
	return types.PADataSequence{{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: b}}, nil
}

// accept opens and checks an AS-REP.
func (t *tickets) accept(answer []byte, req messages.ASReq, kt *keytab.Keytab, realm string, wanted []int32, info etypeInfo) (*ticket, string, error) {
	var rep messages.ASRep
	if err := rep.Unmarshal(answer); err != nil {
		return nil, "", fmt.Errorf("AS-REP: %w: %w", errBadAnswer, err)
	}
	if !slices.Contains(wanted, rep.EncPart.EType) {
		return nil, "", &kerberosError{what: kerberosEtype, realm: realm}
	}
	told, err := infoOf(rep.PAData, wanted, rep.EncPart.EType)
	if err != nil {
		return nil, "", err
	}
	if told.salt != nil || info.etype != rep.EncPart.EType {
		info = told
	}
	key, err := t.longTermKey(kt, rep.CName, rep.CRealm, rep.EncPart.KVNO, info)
	if err != nil {
		return nil, "", err
	}
	plain, err := crypto.DecryptEncPart(rep.EncPart, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		return nil, "", &kerberosError{what: kerberosPassword, user: t.id.User, realm: realm, err: err}
	}
	part := rep.DecryptedEncPart
	if err := part.Unmarshal(plain); err != nil {
		return nil, "", fmt.Errorf("AS-REP: %w: %w", errBadAnswer, err)
	}
	same := rep.CName.Equal(req.ReqBody.CName) || req.ReqBody.CName.NameType == nametype.KRB_NT_ENTERPRISE
	if !same || part.Nonce != req.ReqBody.Nonce || !isTGT(part.SName) || !isTGT(rep.Ticket.SName) {
		return nil, "", fmt.Errorf("AS-REP: it answers another request: %w", errBadAnswer)
	}
	return newTicket(rep.KDCRepFields, part, rep.CName, rep.CRealm), "", nil
}

func newTicket(rep messages.KDCRepFields, part messages.EncKDCRepPart, cname types.PrincipalName, crealm string) *ticket {
	begin := part.StartTime
	if begin.IsZero() {
		begin = part.AuthTime
	}
	return &ticket{Ticket: rep.Ticket, key: part.Key, cname: cname, crealm: crealm, begin: begin, end: part.EndTime}
}

func isTGT(n types.PrincipalName) bool {
	return len(n.NameString) == 2 && strings.EqualFold(n.NameString[0], "krbtgt")
}

// follow gets a ticket for the service, from one realm to the next where the domain
// controllers refer us to another (RFC 6806 section 8).
func (t *tickets) follow(ctx context.Context, tgt *ticket, spn string) (*ticket, error) {
	for range maxReferrals {
		realm := tgt.SName.NameString[1]
		got, err := t.ticketFrom(ctx, tgt, realm, spn)
		if err != nil {
			return nil, refusal(err, t.id.User, realm, spn, t.now())
		}
		if !isTGT(got.SName) {
			return got, nil
		}
		tgt = got
	}
	return nil, fmt.Errorf("referred from one realm to the next: %w", errBadAnswer)
}

// ticketFrom is one TGS exchange (RFC 4120 section 3.3).
func (t *tickets) ticketFrom(ctx context.Context, tgt *ticket, realm, spn string) (*ticket, error) {
	sname := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, spn)
	req, err := messages.NewTGSReq(tgt.cname, realm, requests, tgt.Ticket, tgt.key, sname, false)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.ReqBody.KDCOptions, flags.Canonicalize) // without it nobody refers us
	if req.PAData, err = t.presented(tgt, &req.ReqBody); err != nil {
		return nil, err
	}
	b, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := t.kdcs.ask(ctx, realm, b)
	if err != nil {
		return nil, err
	}
	var rep messages.TGSRep
	if err := rep.Unmarshal(answer); err != nil {
		return nil, fmt.Errorf("TGS-REP: %w: %w", errBadAnswer, err)
	}
	if err := rep.DecryptEncPart(tgt.key); err != nil {
		return nil, fmt.Errorf("TGS-REP: %w: %w", errBadAnswer, err)
	}
	part := rep.DecryptedEncPart
	if part.Nonce != req.ReqBody.Nonce || !rep.CName.Equal(tgt.cname) || !isTGT(part.SName) && !strings.EqualFold(part.SName.PrincipalNameString(), spn) {
		return nil, fmt.Errorf("TGS-REP: it answers another request: %w", errBadAnswer)
	}
	if !slices.Contains(etypes, part.Key.KeyType) {
		return nil, &kerberosError{what: kerberosEtype, realm: realm, spn: spn}
	}
	return newTicket(rep.KDCRepFields, part, tgt.cname, tgt.crealm), nil
}

// presented is PA-TGS-REQ: the ticket we have, bound to what we ask for. gokrb5's own
// names the realm of the ticket instead of ours, which fails after the first referral.
func (t *tickets) presented(tgt *ticket, body *messages.KDCReqBody) (types.PADataSequence, error) {
	b, err := body.Marshal()
	if err != nil {
		return nil, err
	}
	et, err := crypto.GetEtype(tgt.key.KeyType)
	if err != nil {
		return nil, err
	}
	sum, err := et.GetChecksumHash(tgt.key.KeyValue, b, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return nil, err
	}
	auth, err := types.NewAuthenticator(tgt.crealm, tgt.cname)
	if err != nil {
		return nil, err
	}
	auth.Cksum = types.Checksum{CksumType: et.GetHashID(), Checksum: sum}
	ap, err := messages.NewAPReq(tgt.Ticket, tgt.key, auth)
	if err != nil {
		return nil, err
	}
	if b, err = ap.Marshal(); err != nil {
		return nil, err
	}
	return types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: b}}, nil
}
