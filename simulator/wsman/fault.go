package wsman

import (
	"fmt"
	"net/url"
)

// fault is a SOAP fault as Windows words it. Its code is what clients go by;
// the text of a real server may be in any language.
type fault struct {
	family        string // namespace of the fault action; empty is WS-Management's
	code, subcode string // "s:Sender", "w:TimedOut"
	reason        string
	detail        string  // last element of a faultDetail URI, may be empty
	number        uint32  // f:WSManFault Code
	message       string  // f:Message; the reason when empty
	provider      bool    // raised by the shell's plug-in, not by WinRM itself
	wmi           *status // raised by the WMI plug-in
}

const cannot = "The WS-Management service cannot process the request. "

func faultTimedOut() *fault {
	return &fault{code: "s:Receiver", subcode: "w:TimedOut", number: 2150858793,
		reason: "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "}
}

func faultSelectors(message string) *fault {
	return &fault{code: "s:Sender", subcode: "w:InvalidSelectors", number: 2150858843, detail: "UnexpectedSelectors",
		reason:  "The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ",
		message: message}
}

func faultNoShell(id string) *fault {
	return faultSelectors("The request for the Windows Remote Shell with ShellId " + id +
		" failed because the shell was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. Provide the correct ShellId or create a new shell and retry the operation. ")
}

func faultNoCommand(id string) *fault {
	return faultSelectors("The request for the Windows Remote Shell with CommandId " + id +
		" failed because the command was not found on the server. ")
}

func faultNeedsShell() *fault {
	return faultSelectors("The Windows Remote Shell cannot process the request because it requires the following selector: ShellId. Retry with the correct selector. ")
}

// faultProvider is a Win32 error or HRESULT raised by winrscmd.dll.
func faultProvider(number uint32, message string) *fault {
	return &fault{code: "s:Receiver", subcode: "w:InternalError", number: number, reason: message, provider: true}
}

func faultNoProgram() *fault {
	return faultProvider(2147942402, "The system cannot find the file specified. ")
}

func faultTooLong() *fault {
	return faultProvider(2147942606, "The filename or extension is too long. ")
}

func faultAborted() *fault {
	return faultProvider(995, "The I/O operation has been aborted because of either a thread exit or an application request. ")
}

func faultPipeClosing() *fault { return faultProvider(232, "The pipe is being closed. ") }

func faultParameter(what string) *fault {
	return &fault{code: "s:Sender", subcode: "w:InvalidParameter", number: 87, detail: "InvalidValue",
		reason:  "The parameter is incorrect. ",
		message: "The parameter is incorrect: " + what + ". "}
}

func faultDenied() *fault {
	return &fault{code: "s:Sender", subcode: "w:AccessDenied", number: 5, reason: "Access is denied. "}
}

func faultHeader(message string) *fault {
	return &fault{family: nsA, code: "s:Sender", subcode: "a:InvalidMessageInformationHeader", number: 2150858767,
		reason: cannot + "The request contains one or more invalid SOAP headers. ", message: cannot + message}
}

func faultSchema() *fault {
	return &fault{code: "s:Sender", subcode: "w:SchemaValidationError", number: 2150858817,
		reason: "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and retry. "}
}

func faultAction(action string) *fault {
	return &fault{family: nsA, code: "s:Sender", subcode: "a:ActionNotSupported", number: 2150858753,
		reason:  "The action is not supported by the service. ",
		message: cannot + "The WS-Addressing action URI is invalid: " + action + " "}
}

func faultQuota(number uint32, what string, max int) *fault {
	return &fault{code: "s:Sender", subcode: "w:QuotaLimit", number: number,
		reason:  fmt.Sprintf(cannot+"The maximum number of concurrent %s for this user has been exceeded. Close existing %[1]s or raise the quota for this user. ", what),
		message: fmt.Sprintf(cannot+"This user is allowed a maximum number of %d concurrent %s, which has been exceeded. Close existing %[2]s or raise the quota for this user. ", max, what)}
}

func faultShellQuota(max int) *fault { return faultQuota(2150859173, "shells", max) }

func faultOperationQuota(max int) *fault { return faultQuota(2150859174, "operations", max) }

// envelope writes the fault in answer to r.
func (f *fault) envelope(r *request, machine string) []byte {
	action := nsW[:len(nsW)-len(".xsd")] + "/fault"
	if f.family != "" {
		action = f.family + "/fault"
	}
	w := newEnvelope(action, r.messageID, "x", "e", "n", "w", "p")
	w.raw(`<s:Fault><s:Code><s:Value>`, f.code, `</s:Value><s:Subcode><s:Value>`, f.subcode,
		`</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">`).text(f.reason).
		raw(`</s:Text></s:Reason><s:Detail>`)
	if f.detail != "" {
		w.raw(`<w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/`, f.detail, `</w:FaultDetail>`)
	}
	own := machine
	if u, err := url.Parse(r.to); err == nil && u.Hostname() != "" {
		machine = u.Hostname() // Windows repeats the name it was called by
	}
	message := f.message
	if message == "" {
		message = f.reason
	}
	w.raw(`<f:WSManFault xmlns:f="`, nsFault, `" Code="`, fmt.Sprint(f.number), `" Machine="`).text(machine).raw(`"><f:Message>`)
	switch {
	case f.wmi != nil:
		f.wmi.write(w, f, own, message)
	case f.provider:
		w.raw(`<f:ProviderFault provider="Shell cmd plugin" path="%systemroot%\system32\winrscmd.dll">`).text(message).
			raw(`</f:ProviderFault>`)
	default:
		w.text(message)
	}
	w.raw(`</f:Message></f:WSManFault></s:Detail></s:Fault>`)
	return w.end()
}
