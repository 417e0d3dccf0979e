// Package vault seals small secrets, so that what is on disk is worth nothing
// without a key that is kept elsewhere: in the environment, or in a file outside
// the data directory that only its owner can read.
//
// A sealed secret (a blob) is bound to its place, a text the caller chooses: a blob
// copied to another place does not open there. Blobs are AES-256-GCM with a random
// nonce; one key is good for 2^32 of them (NIST SP 800-38D, 8.3).
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// A blob is
//
//	byte     version (1)
//	8 bytes  id of the key
//	12 bytes nonce
//	…        the secret, encrypted
//	16 bytes tag
//
// Version, id and place are authenticated with it.
const (
	version   = 1
	idSize    = 8
	headSize  = 1 + idSize
	overhead  = 12 + 16
	keySize   = 32
	secretMax = 1 << 20 // bytes; a keytab has a few thousand
)

var (
	// ErrKey says that a blob was sealed with a key we do not have.
	ErrKey = errors.New("sealed with another key")
	// ErrDamaged says that a blob was changed, cut off, or moved from its place.
	ErrDamaged = errors.New("damaged, or not of this place")
)

type keyID [idSize]byte

// Vault seals with the newest of its keys and opens with all of them. It may be
// used concurrently. It never prints a key: it holds only the ciphers.
type Vault struct {
	newest keyID
	keys   map[keyID]cipher.AEAD
}

// newVault takes the keys, newest first, and wipes them.
func newVault(keys [][]byte) (*Vault, error) {
	v := &Vault{keys: map[keyID]cipher.AEAD{}}
	for i, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		id := idOf(key)
		clear(key)
		if i == 0 {
			v.newest = id
		}
		v.keys[id] = aead
	}
	return v, nil
}

// idOf names a key without telling anything about it.
func idOf(key []byte) keyID {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("looksalive vault key id"))
	return keyID(mac.Sum(nil)[:idSize])
}

// KeyID names the key that seals, in hexadecimal. It is not secret.
func (v *Vault) KeyID() string { return hex.EncodeToString(v.newest[:]) }

// Seal encrypts a secret of at most 1 MiB for its place. The caller keeps plain.
func (v *Vault) Seal(plain []byte, place string) ([]byte, error) {
	if len(plain) > secretMax {
		return nil, fmt.Errorf("sealing: %d bytes are too many, at most %d are taken", len(plain), secretMax)
	}
	blob := make([]byte, headSize, headSize+overhead+len(plain))
	blob[0] = version
	copy(blob[1:], v.newest[:])
	return v.keys[v.newest].Seal(blob, nil, plain, bound(blob, place)), nil
}

// Open decrypts a blob, into memory of its own that the caller may wipe. The error
// wraps ErrKey or ErrDamaged and says nothing of the content.
func (v *Vault) Open(blob []byte, place string) ([]byte, error) {
	id, err := sealedWith(blob)
	if err != nil {
		return nil, fmt.Errorf("opening: %w", err)
	}
	aead := v.keys[id]
	if aead == nil {
		return nil, fmt.Errorf("opening: %w (%x)", ErrKey, id[:])
	}
	plain, err := aead.Open(nil, nil, blob[headSize:], bound(blob[:headSize], place))
	if err != nil {
		return nil, fmt.Errorf("opening: %w", ErrDamaged)
	}
	return plain, nil
}

// Stale says that a blob was not sealed with the newest key: whoever keeps it should
// seal its secret again.
func (v *Vault) Stale(blob []byte) bool {
	id, err := sealedWith(blob)
	return err != nil || id != v.newest
}

// sealedWith reads the head of a blob.
func sealedWith(blob []byte) (keyID, error) {
	switch {
	case len(blob) == 0:
		return keyID{}, fmt.Errorf("%w (empty)", ErrDamaged)
	case blob[0] != version:
		return keyID{}, fmt.Errorf("%w (version %d is not known)", ErrDamaged, blob[0])
	case len(blob) < headSize+overhead:
		return keyID{}, fmt.Errorf("%w (too short)", ErrDamaged)
	case len(blob) > headSize+overhead+secretMax:
		return keyID{}, fmt.Errorf("%w (too long)", ErrDamaged)
	}
	return keyID(blob[1:headSize]), nil
}

// bound is what is authenticated beside the secret.
func bound(head []byte, place string) []byte {
	return append(append(make([]byte, 0, len(head)+len(place)), head...), place...)
}
