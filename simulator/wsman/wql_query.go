package wsman

import (
	"fmt"
	"strings"
)

// Query answers a WQL data query as WMI does: the instances that fit and the
// names of the selected properties, nil for all. An error that is no *CIMError
// and wraps neither ErrNoNamespace nor ErrNoClass means the query is not valid.
func Query(source CIM, namespace, text string) (list []Instance, selected []string, err error) {
	q, err := parseWQL(text)
	if err != nil {
		return nil, nil, err
	}
	class, err := source.Class(strings.ReplaceAll(namespace, `\`, "/"), q.class)
	if err != nil {
		return nil, nil, err
	}
	if _, err := q.bind(class); err != nil {
		return nil, nil, err
	}
	if list, err = source.Instances(class); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", class.Name, err)
	}
	return q.filter(list), q.selected, nil
}
