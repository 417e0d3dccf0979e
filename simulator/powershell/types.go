package powershell

import (
	"strings"
	"time"
)

// aliases are the short names of types, lower case, to full names.
var typeAliases = map[string]string{
	"string": "System.String", "char": "System.Char", "bool": "System.Boolean", "boolean": "System.Boolean",
	"int": "System.Int32", "int32": "System.Int32", "long": "System.Int64", "int64": "System.Int64", "int16": "System.Int16", "sbyte": "System.SByte",
	"byte": "System.Byte", "uint16": "System.UInt16", "uint32": "System.UInt32", "uint64": "System.UInt64",
	"double": "System.Double", "float": "System.Single", "single": "System.Single",
	"datetime": "System.DateTime", "timespan": "System.TimeSpan", "guid": "System.Guid", "version": "System.Version", "uri": "System.Uri",
	"array": "System.Array", "object": "System.Object", "hashtable": "System.Collections.Hashtable", "ordered": "System.Collections.Specialized.OrderedDictionary",
	"collections.hashtable": "System.Collections.Hashtable", "collections.arraylist": "System.Collections.ArrayList",
	"pscustomobject": CustomType, "psobject": "System.Management.Automation.PSObject", "management.automation.psobject": "System.Management.Automation.PSObject",
	"scriptblock": "System.Management.Automation.ScriptBlock", "switch": "System.Management.Automation.SwitchParameter", "regex": "System.Text.RegularExpressions.Regex",
	"math": "System.Math", "convert": "System.Convert", "environment": "System.Environment", "text.encoding": "System.Text.Encoding", "type": "System.Type",
	"void": "System.Void", "console": "System.Console", "exception": "System.Exception", "io.path": "System.IO.Path", "datetimekind": "System.DateTimeKind", "dayofweek": "System.DayOfWeek",
	"invalidoperationexception": "System.InvalidOperationException", "argumentexception": argumentException, "unauthorizedaccessexception": "System.UnauthorizedAccessException",
	"net.dns": "System.Net.Dns", "net.ipaddress": "System.Net.IPAddress", "ipaddress": "System.Net.IPAddress", "decimal": "System.Decimal", "bigint": "System.Numerics.BigInteger", "xml": "System.Xml.XmlDocument",
	"stringcomparison": "System.StringComparison", "text.stringbuilder": "System.Text.StringBuilder", "wmi": "System.Management.ManagementObject", "wmiclass": "System.Management.ManagementClass", "adsi": "System.DirectoryServices.DirectoryEntry",
	"cimclass": "Microsoft.Management.Infrastructure.CimClass", "ciminstance": "Microsoft.Management.Infrastructure.CimInstance", "runtimeexception": runtimeException,
}

// known are full type names, by lower case.
var knownTypes = func() map[string]string {
	m := map[string]string{}
	for _, full := range typeAliases {
		m[strings.ToLower(full)] = full
	}
	for _, full := range []string{notFoundException, bindingException, "System.Management.Automation.PSInvalidCastException", methodException, "System.DivideByZeroException", "System.FormatException", "System.OverflowException", "System.IO.FileNotFoundException",
		"System.Management.Automation.ErrorRecord", "System.Management.Automation.ItemNotFoundException", "Microsoft.PowerShell.Commands.WriteErrorException", "Microsoft.PowerShell.Commands.ServiceCommandException",
		"Microsoft.Management.Infrastructure.CimException", "System.TimeoutException", "System.NotSupportedException", "System.Collections.IDictionary", "System.Collections.IEnumerable", "System.ValueType", "System.Enum"} {
		m[strings.ToLower(full)] = full
	}
	return m
}()

// resolveType finds a type by the name in brackets.
func resolveType(name string) (string, bool) {
	lower := strings.ToLower(name)
	if element, ok := strings.CutSuffix(lower, "[]"); ok {
		full, ok := resolveType(element)
		return full + "[]", ok
	}
	if full, ok := typeAliases[lower]; ok {
		return full, true
	}
	if full, ok := knownTypes[lower]; ok {
		return full, true
	}
	if full, ok := knownTypes["system."+lower]; ok {
		return full, true
	}
	if strings.HasPrefix(strings.TrimPrefix(lower, "system."), "collections.generic.list[") && strings.HasSuffix(lower, "]") {
		inner := lower[strings.IndexByte(lower, '[')+1 : len(lower)-1]
		full, ok := resolveType(inner)
		return "System.Collections.Generic.List`1[[" + full + "]]", ok
	}
	return "", false
}

// isType is the operator -is.
func isType(v any, full string) bool {
	if v == nil {
		return false
	}
	if full == "System.Object" {
		return true
	}
	name := typeName(v)
	if strings.EqualFold(name, full) {
		return true
	}
	switch full {
	case "System.Array":
		_, ok := v.([]any)
		return ok
	case "System.Collections.IEnumerable":
		_, ok := items(v)
		return ok
	case "System.Collections.IDictionary":
		_, ok := v.(*Hash)
		return ok
	case "System.Enum":
		_, ok := v.(Enum)
		return ok
	case "System.ValueType":
		switch v.(type) {
		case bool, Char, time.Time, time.Duration, Enum:
			return true
		}
		return isNumber(v)
	case "System.Management.Automation.PSObject", CustomType:
		o, ok := v.(*Object)
		return ok && o.custom()
	}
	if o, ok := v.(*Object); ok {
		for _, t := range o.Types {
			if strings.EqualFold(t, full) {
				return true
			}
		}
	}
	return false
}

func (in *Interp) typeNotFound(name string) error {
	return newError(runtimeException, "TypeNotFound", "InvalidOperation", nil, "Unable to find type [%s].", name)
}
