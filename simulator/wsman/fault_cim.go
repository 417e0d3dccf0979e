package wsman

import (
	"errors"
	"fmt"
)

// Faults of resources, filters and enumerations. Codes, subcodes and texts are
// those of the Windows SDK's wsmerror.h; the shape of faultQuery is recorded.

// faultNotFound: the class, namespace or instance is not there (MS-WSMV 4.10).
func faultNotFound() *fault {
	return &fault{family: nsA, code: "s:Sender", subcode: "a:DestinationUnreachable", number: 2150858752, detail: "ResourceNotFound",
		reason: cannot + "The service cannot find the resource identified by the resource URI and selectors. "}
}

func faultURI() *fault {
	return &fault{family: nsA, code: "s:Sender", subcode: "a:DestinationUnreachable", number: 2150858754, detail: "InvalidResourceURI",
		reason: cannot + `The resource URI is missing or it has an incorrect format. Check the documentation or use the following command for information on how to construct a resource URI: "winrm help uris". `}
}

// faultResource is a URI no plug-in serves.
func faultResource(uri string) *fault {
	return &fault{family: nsA, code: "s:Sender", subcode: "a:DestinationUnreachable", number: 2150858811, detail: "InvalidResourceURI",
		reason: cannot + "The resource URI (" + uri + ") was not found in the WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints. "}
}

func faultNamespaces() *fault {
	return &fault{code: "s:Receiver", subcode: "w:InternalError", number: 2150859067,
		reason: cannot + "The resource URI and __cimnamespace selector attempted to use different namespaces. Try removing the __cimnamespace selector or using a DMTF resource URI. If a non-DMTF resource URI is used with a __cimnamespace selector, the namespaces must match. "}
}

func faultMissingSelectors() *fault {
	return &fault{code: "s:Sender", subcode: "w:InvalidSelectors", number: 2150858843, detail: "InsufficientSelectors",
		reason: "The WS-Management service cannot process the request because the request contained invalid selectors for the resource. "}
}

func faultNotSingleton() *fault {
	const message = "The WinRM client cannot process the request. The resource URI is not valid: it does not contain keys, but the class selected is not a singleton. To access an instance which is not a singleton, keys must be provided. Use the following command to get more information in how to construct a resource URI: \"winrm help uris\". "
	return &fault{code: "s:Sender", subcode: "w:InvalidSelectors", number: 2150859002, detail: "InsufficientSelectors", reason: message, wmi: &status{}}
}

func faultKeysInEnumerate() *fault {
	return &fault{code: "s:Sender", subcode: "w:InvalidSelectors", number: 2150859016, detail: "UnexpectedSelectors",
		reason: cannot + "The resource URI for an Enumerate operation must not contain keys. ", wmi: &status{}}
}

func faultWildcard() *fault {
	return &fault{family: nsA, code: "s:Sender", subcode: "a:DestinationUnreachable", number: 2150859003, detail: "InvalidResourceURI", wmi: &status{},
		reason: "The WinRM client cannot process the request. The resource URI for an enumeration operation with WQL filter must not contain keys and the class name must be '*' (star). Use the following command to get more information in how to construct a resource URI: \"winrm help uris\". "}
}

func faultFiltering() *fault {
	return &fault{family: nsN, code: "s:Sender", subcode: "n:FilteringNotSupported", number: 2150858776,
		reason: "The data source does not support filtering. Remove the filter from the request and try the request again. "}
}

func faultDialect() *fault {
	return &fault{family: nsN, code: "s:Sender", subcode: "n:FilterDialectRequestedUnavailable", number: 2150858777,
		reason: "The filter dialect (the type associated with the filter) was not supported for this resource. Change the filter dialect or remove it from the request and try the request again. "}
}

func faultFilter(message string) *fault {
	return &fault{family: nsN, code: "s:Sender", subcode: "n:CannotProcessFilter", number: 2150858778, message: message,
		reason: "The data source could not process the filter. The filter might be missing or it might be invalid. Change the filter and try the request again.  "}
}

// faultQuery is a query WMI refuses.
func faultQuery(message, namespace, query string) *fault {
	f := faultFilter(message)
	f.wmi = &status{namespace: namespace, operation: "ExecQuery", parameter: query}
	return f
}

func faultContext() *fault {
	return &fault{family: nsN, code: "s:Receiver", subcode: "n:InvalidEnumerationContext", number: 2150858779,
		reason: "The WS-Enumeration context in the enumeration is not valid. Enumeration may have been completed or canceled. You cannot use this enumeration context anymore. Start a new enumeration. "}
}

func faultExpiration() *fault {
	return &fault{family: nsN, code: "s:Sender", subcode: "n:InvalidExpirationTime", number: 2150858774,
		reason: "The expiration time passed to the WS-Management Enumerate method is not valid. The time value may be zero or refer to a time in the past. Change the expiration time and try the request again.  "}
}

func faultEnumerationMode() *fault {
	return &fault{code: "s:Sender", subcode: "w:UnsupportedFeature", number: 2150858886, detail: "EnumerationMode",
		reason: "The WS-Management service does not support the specified enumeration mode. "}
}

func faultTooLarge() *fault {
	return &fault{code: "s:Sender", subcode: "w:EncodingLimit", number: 2150858790, detail: "MaxEnvelopeSizeExceeded",
		reason: "The WS-Management service cannot process the response because it is larger than the maximum size allowed. "}
}

// faultCIM is WMI's own trouble.
func faultCIM(err error) *fault {
	f := &fault{code: "s:Receiver", subcode: "w:InternalError", number: 2150859010, wmi: &status{},
		reason: cannot + "The WMI service reported that the WMI provider could not perform the requested operation. "}
	var e *CIMError
	if errors.As(err, &e) {
		f.number, f.reason, f.message = e.HRESULT, e.Message, ""
	}
	return f
}

// status is WMI's __ExtendedStatus; without an operation only the provider is named.
type status struct{ namespace, operation, parameter string }

func (st *status) write(w *writer, f *fault, machine, message string) {
	w.raw(`<f:ProviderFault provider="WMI Provider" path="%systemroot%\system32\WsmWmiPl.dll"><f:WSManFault xmlns:f="`, nsFault,
		`" Code="`, fmt.Sprint(f.number), `" Machine="`).text(machine).raw(`"><f:Message>`).text(message).raw(`</f:Message></f:WSManFault>`)
	if st.operation != "" {
		w.raw(`<f:ExtendedError><p:__ExtendedStatus xmlns:xsi="`, nsXSI, `" xmlns:p="`, wmiURI).text(st.namespace).raw(`/__ExtendedStatus" xmlns:cim="`, nsCIM,
			`" xsi:type="p:__ExtendedStatus_Type"><p:Description xsi:nil="true"/><p:Operation>`, st.operation, `</p:Operation><p:ParameterInfo>`).text(st.parameter).
			raw(`</p:ParameterInfo><p:ProviderName>WinMgmt</p:ProviderName><p:StatusCode xsi:nil="true"/></p:__ExtendedStatus></f:ExtendedError>`)
	}
	w.raw(`</f:ProviderFault>`)
}
