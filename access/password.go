package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"looksalive/cluster"
)

// Cost is what hashing one password takes. The default is above the least that
// OWASP's Password Storage Cheat Sheet asks of argon2id (19 MiB, 2 passes).
type Cost struct {
	Memory uint32 // KiB; default 32 MiB
	Passes uint32 // default 3
}

func (c Cost) withDefaults() Cost {
	if c.Memory == 0 {
		c.Memory = 32 << 10
	}
	if c.Passes == 0 {
		c.Passes = 3
	}
	return c
}

const (
	saltSize = 16
	hashSize = 32
	// A stored hash beyond these would stop the program: only damage writes one.
	maxMemory, maxPasses = 1 << 20, 64

	minPassword, maxPassword = 10, 256 // characters; NIST SP 800-63B asks for 8
	maxName                  = 64
)

var b64 = base64.RawStdEncoding

// hash is the password in PHC form.
func (c Cost) hash(password string) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	sum := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, 1, hashSize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.Memory, c.Passes, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

var errHash = errors.New("the stored hash of the password is damaged")

// matches says whether a password is the one that was hashed.
func matches(phc, password string) (bool, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil ||
		version != argon2.Version || memory == 0 || memory > maxMemory || passes == 0 || passes > maxPasses || lanes == 0 {
		return false, errHash
	}
	salt, err1 := b64.DecodeString(parts[4])
	want, err2 := b64.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) < 16 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// verify is matches, a few at a time: each takes memory and a processor.
func (s *Service) verify(ctx context.Context, phc, password string) (bool, error) {
	if len(password) > 4*maxPassword {
		return false, nil
	}
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return matches(phc, password)
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// acceptable hashes a password for an account, or lists what is wrong with both.
func (s *Service) acceptable(ctx context.Context, name, password string) (hash string, err error) {
	var problems cluster.Problems
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName {
		problems = append(problems, fmt.Sprintf("The name must have 1 to %d characters.", maxName))
	} else if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		problems = append(problems, "The name has characters that cannot be seen.")
	}
	problems = append(problems, passwordProblems(name, password)...)
	if err := problems.Err(); err != nil {
		return "", err
	}
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return s.opts.Cost.hash(password)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func passwordProblems(name, password string) cluster.Problems {
	n := utf8.RuneCountInString(password)
	switch {
	case n < minPassword:
		return cluster.Problems{fmt.Sprintf("The password must have at least %d characters. A few words in a row are good.", minPassword)}
	case n > maxPassword:
		return cluster.Problems{fmt.Sprintf("The password must have at most %d characters.", maxPassword)}
	case strings.EqualFold(password, name), strings.Count(password, password[:1]) == len(password):
		return cluster.Problems{"The password is too easy to guess."}
	}
	return nil
}
