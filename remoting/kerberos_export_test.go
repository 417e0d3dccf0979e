package remoting

import (
	"context"
	"time"
)

// SignIns signs in to a node without a session, again and again.
type SignIns struct {
	node       Node
	credential *credential
}

func NewSignIns(n Node) *SignIns {
	return &SignIns{node: n, credential: newCredential(n.Identity, time.Now)}
}

// Krb5conf says where to look for the domain controllers of other realms.
func (s *SignIns) Krb5conf(path string) {
	s.credential.ticketsFor(s.node.Kerberos).kdcs.path = path
}

// Once connects, signs in and hangs up.
func (s *SignIns) Once(ctx context.Context) error {
	l, err := newLane(s.node, s.credential, 1<<20)
	if err != nil {
		return err
	}
	defer l.drop()
	if l.conn, err = l.connect(ctx); err != nil {
		return err
	}
	return l.kerberos(ctx)
}
