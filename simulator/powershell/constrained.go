package powershell

import (
	"errors"
	"strings"
)

// Constrained language mode leaves cmdlets and the methods of a few core types
// (about_Language_Modes, "Constrained language mode"). Properties may be read.

const constrainedMessage = "Cannot invoke method. Method invocation is supported only on core types in this language mode."

// coreTypes are the types of about_Language_Modes, without "System.".
var coreTypes = set(
	"adsi", "adsisearcher", "array", "bool", "boolean", "byte", "char", "cimsession", "datetime", "decimal", "double", "single", "float", "guid", "hashtable", "collections.hashtable",
	"int", "int16", "int32", "int64", "long", "sbyte", "short", "uint16", "uint32", "uint64", "ushort", "uint", "ulong", "ipaddress", "net.ipaddress", "mailaddress", "math.bigint", "bigint",
	"numerics.biginteger", "object", "object[]", "psobject", "pscustomobject", "regex", "text.regularexpressions.regex", "scriptblock", "management.automation.scriptblock", "securestring",
	"string", "switch", "timespan", "uri", "version", "void", "xml", "xml.xmldocument", "x500distinguishedname", "x509certificate", "cultureinfo", "globalization.cultureinfo", "type", "string[]", "char[]", "int[]")

// CoreType says whether constrained language mode lets the methods of a type be
// called; the name may be in any case and begin with "System.".
func CoreType(name string) bool {
	return coreTypes[strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "system.")]
}

func notInConstrained() error {
	return newError(runtimeException, "MethodInvocationNotSupportedInConstrainedLanguage", "InvalidOperation", nil, constrainedMessage)
}

// Incomplete says that a text ends in the middle of a statement, so that somebody
// who types it is asked for more.
func Incomplete(text string) bool {
	_, err := parse(text)
	var p *parseError
	if !errors.As(err, &p) {
		return false
	}
	if strings.HasPrefix(p.id, "MissingEnd") || strings.HasPrefix(p.id, "TerminatorExpected") || p.id == "MissingTerminatorMultiLineComment" {
		return true
	}
	return p.start >= len(strings.TrimRight(text, " \t\r\n")) && p.id != "NotSupported"
}
