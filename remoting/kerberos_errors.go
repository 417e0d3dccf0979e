package remoting

import (
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"

	"looksalive/cluster"
)

// kerberosFailure is what kept us from signing in by Kerberos.
type kerberosFailure int

const (
	kerberosNoRealm     kerberosFailure = iota + 1 // nobody said which one
	kerberosNoKDC                                  // the realm's domain controllers are not known
	kerberosUnreachable                            // none of them answers
	kerberosRealm                                  // they do not serve this realm
	kerberosClock                                  // clocks differ too much
	kerberosUser                                   // no such account
	kerberosPassword                               // wrong password, or a keytab that is out of date
	kerberosKeytab                                 // the keytab has no key for the account, or cannot be read
	kerberosExpired                                // the password has expired
	kerberosRevoked                                // the account is locked or disabled
	kerberosSPN                                    // the node's name is not registered
	kerberosEtype                                  // no common encryption type
	kerberosAddress                                // the node's address is an IP address
	kerberosModified                               // the node cannot open the ticket
	kerberosTicket                                 // the node did not accept the ticket
	kerberosMutual                                 // the node did not prove who it is
	kerberosOther                                  // anything else a domain controller or node said
)

// kerberosError says which, and about whom.
type kerberosError struct {
	what  kerberosFailure
	user  string
	realm string
	spn   string
	addrs []string      // of domain controllers
	skew  time.Duration // how far our clock is ahead of the other
	code  int32         // of KRB-ERROR
	node  bool          // the node said so, not a domain controller
	why   string        // what Windows adds about an account that is refused
	err   error
}

func (e *kerberosError) Error() string {
	s := fmt.Sprintf("Kerberos: failure %d, code %d", e.what, e.code)
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	return s
}

// Unwrap makes a wrong password what it is: it must not be tried again.
func (e *kerberosError) Unwrap() []error {
	errs := []error{e.err}
	if e.what == kerberosPassword {
		errs = append(errs, errPassword)
	}
	if e.err == nil {
		errs = errs[1:]
	}
	return errs
}

// refusal is a KRB-ERROR understood. It is left as it is when it is not one.
func refusal(err error, user, realm, spn string, now time.Time) error {
	var k messages.KRBError
	if !errors.As(err, &k) {
		return err
	}
	e := &kerberosError{what: kerberosOther, user: user, realm: realm, spn: spn, code: k.ErrorCode, err: err}
	switch k.ErrorCode {
	case errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN:
		e.what = kerberosUser
	case errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN:
		if e.what = kerberosSPN; spn == "" { // it is the krbtgt that they do not have
			e.what = kerberosRealm
		}
	case errorcode.KDC_ERR_WRONG_REALM:
		e.what = kerberosRealm
	case errorcode.KDC_ERR_ETYPE_NOSUPP:
		e.what = kerberosEtype
	case errorcode.KDC_ERR_PREAUTH_FAILED:
		e.what = kerberosPassword
	case errorcode.KDC_ERR_KEY_EXPIRED:
		e.what = kerberosExpired
	case errorcode.KDC_ERR_CLIENT_REVOKED, errorcode.KDC_ERR_NAME_EXP, errorcode.KDC_ERR_CLIENT_NOTYET, errorcode.KDC_ERR_POLICY:
		e.what, e.why = kerberosRevoked, statusText(k.EData)
	case errorcode.KRB_AP_ERR_SKEW, errorcode.KRB_AP_ERR_TKT_NYV, errorcode.KRB_AP_ERR_TKT_EXPIRED:
		e.what, e.skew = kerberosClock, now.Sub(k.STime.Add(time.Duration(k.Susec)*time.Microsecond))
	case errorcode.KRB_AP_ERR_MODIFIED, errorcode.KRB_AP_ERR_BADKEYVER, errorcode.KRB_AP_ERR_NOKEY, errorcode.KRB_AP_ERR_NOT_US:
		e.what = kerberosModified
	}
	return e
}

// statusText is what Windows adds to a refusal: KERB-ERROR-DATA with an NTSTATUS
// (MS-KILE 2.2.1 KERB-EXT-ERROR, MS-ERREF 2.3.1). "" if there is nothing of it.
func statusText(data []byte) string {
	var e struct {
		Type  int    `asn1:"explicit,tag:1"`
		Value []byte `asn1:"explicit,optional,tag:2"`
	}
	if _, err := asn1.Unmarshal(data, &e); err != nil || e.Type != 3 || len(e.Value) < 4 {
		return ""
	}
	return map[uint32]string{
		0xC0000072: "it is disabled",
		0xC0000234: "it is locked",
		0xC0000193: "it has expired",
		0xC000006F: "it may not sign in at this hour",
		0xC0000070: "it may not sign in from this computer",
		0xC000006E: "its restrictions do not allow it",
	}[binary.LittleEndian.Uint32(e.Value)]
}

// classifyKerberos says in one sentence what a failure of Kerberos means; false if
// err is none. classify asks it first.
func classifyKerberos(err error, n Node) (cluster.Reach, string, bool) {
	var e *kerberosError
	if !errors.As(err, &e) {
		if n.Auth != cluster.AuthKerberos || !errors.Is(err, errPassword) && !errors.Is(err, errHeldBack) {
			return 0, "", false
		}
		e = &kerberosError{what: kerberosPassword} // the credential remembers no more
	}
	user, realm, spn := clean(n.User, 100), clean(e.realm, 100), clean(e.spn, 200)
	reach, text := cluster.ReachNoTicket, ""
	switch e.what {
	case kerberosNoRealm:
		text = "Kerberos needs a realm: give it with the cluster, or write the account as user@domain."
	case kerberosNoKDC:
		text = "No domain controller of the realm " + realm + " is known: not from the cluster's settings, not from krb5.conf, not from DNS (_kerberos._tcp." + realm + ")."
	case kerberosUnreachable:
		text = "No domain controller of the realm " + realm + " answers (" + clean(strings.Join(e.addrs, ", "), 200) + "); are they reachable on TCP port 88?"
	case kerberosRealm:
		text = "The domain controller does not serve the realm " + realm + "; is its name right?"
	case kerberosClock:
		text = "The clocks of this machine and of the " + e.clock() + " differ too much for Kerberos" + skewText(e.skew) + "."
	case kerberosUser:
		reach, text = cluster.ReachPassword, "The domain "+realm+" has no account "+user+"."
	case kerberosPassword:
		reach, text = cluster.ReachPassword, "The domain controller rejected the password of "+user+"."
		if !n.Keytab.IsZero() {
			text = "The domain controller rejected the keytab of " + user + "; was the password changed after it was made?"
		}
		text += " So that the account is not locked, it is not tried again until it is changed here or somebody asks to try again."
	case kerberosKeytab:
		reach, text = cluster.ReachPassword, "The keytab cannot be used for "+user+" in the realm "+realm+": it has no AES key for this account, or cannot be read."
	case kerberosExpired:
		reach, text = cluster.ReachPassword, "The password of "+user+" has expired."
	case kerberosRevoked:
		reach, text = cluster.ReachPassword, "The domain controller refuses the account "+user+": "+e.account()+"."
	case kerberosSPN:
		_, host, _ := strings.Cut(spn, "/")
		short, _, _ := strings.Cut(host, ".")
		text = "The domain does not know the service " + spn + ". Is " + host + " the full name of the node? If it is: setspn -S " + spn + " " + strings.ToUpper(short)
	case kerberosEtype:
		text = "The domain controller does not offer AES for " + e.about(user) + "; nothing weaker is used. Tick \"This account supports Kerberos AES 256 bit encryption\" and set its password again."
	case kerberosAddress:
		text = "Kerberos needs the node's name, not the IP address " + strings.TrimPrefix(spn, "HTTP/") + "."
	case kerberosModified:
		text = "The node cannot open the ticket for " + spn + ": the name belongs to another account in the domain, or the node lost its trust to the domain."
	case kerberosTicket:
		reach, text = cluster.ReachNoRights, "The node did not accept the Kerberos sign-in of "+user+"; may the account use WinRM there (Remote Management Users)?"
	case kerberosMutual:
		reach, text = cluster.ReachBadAnswer, "The node did not prove that it is "+spn+"; nothing was sent to it."
	default:
		if e.node {
			reach, text = cluster.ReachNoRights, fmt.Sprintf("The node did not accept the Kerberos sign-in of %s (code %d).", user, e.code)
			break
		}
		text = fmt.Sprintf("The domain controller refused with code %d (%s).", e.code, clean(strings.TrimSpace(errorcode.Lookup(e.code)), 120))
	}
	return reach, text, true
}

// clock is whose one differs from ours.
func (e *kerberosError) clock() string {
	if e.node {
		return "node"
	}
	return "domain controller"
}

func (e *kerberosError) account() string {
	if e.why != "" {
		return e.why
	}
	return "it is locked, disabled or expired"
}

// about is what lacks AES: the node's service, if a ticket for it was asked for.
func (e *kerberosError) about(user string) string {
	if e.spn != "" {
		return clean(e.spn, 200)
	}
	return user
}

// skewText says by how much, if it is known.
func skewText(d time.Duration) string {
	unit := time.Second
	if d.Abs() > 10*time.Minute {
		unit = time.Minute
	}
	d = d.Round(unit)
	switch {
	case d > 0:
		return ": ours is " + d.String() + " ahead"
	case d < 0:
		return ": ours is " + (-d).String() + " behind"
	}
	return ""
}
