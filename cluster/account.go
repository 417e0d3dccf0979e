package cluster

import "time"

// UserRole says what a person or program may do in LooksAlive; a Role of a cluster is
// something else. Their order is their power.
type UserRole int

const (
	Nobody        UserRole = iota
	Viewer                 // sees everything but secrets and the console
	Operator               // acknowledges faults, runs saved read-only scripts
	Administrator          // everything
)

var userRoles = words[UserRole]{Nobody: "nobody", Viewer: "viewer", Operator: "operator", Administrator: "administrator"}

func (r UserRole) String() string                { return userRoles.word(r) }
func (r UserRole) MarshalText() ([]byte, error)  { return []byte(r.String()), nil }
func (r *UserRole) UnmarshalText(b []byte) error { return userRoles.parse(b, r) }

// Account is a person who may sign in.
type Account struct {
	Name     string    `json:"name"` // unique whatever the case of its letters
	Role     UserRole  `json:"role"`
	Hash     string    `json:"-"` // argon2id in PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$hash
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"lastSeen,omitzero"`
}

// Session is a browser that is signed in. Its cookie is not kept, only its hash.
type Session struct {
	ID       string    `json:"id"` // to name it to people; opens nothing
	Hash     []byte    `json:"-"`  // SHA-256 of the cookie's value
	Account  string    `json:"account"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"lastSeen"`
	Expires  time.Time `json:"expires"`
	Address  string    `json:"address,omitempty"` // it signed in from
	Agent    string    `json:"agent,omitempty"`   // as the browser calls itself
}

// APIToken lets a program in. Only its hash is kept.
type APIToken struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Hash     []byte    `json:"-"` // SHA-256
	Role     UserRole  `json:"role"`
	By       string    `json:"by"` // the account that made it
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"lastUsed,omitzero"`
	Revoked  time.Time `json:"revoked,omitzero"`
}

// Who is asking: a person, a program, or nobody.
type Who struct {
	Name    string // of the account, or "token NAME"
	Role    UserRole
	Session string // Session.ID, "" for a token
	Address string // the network address it asks from
}

// May says whether the role is enough.
func (w Who) May(least UserRole) bool { return w.Role >= least }
