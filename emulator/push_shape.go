package emulator

import "slices"

// EventShape is where the events of subscription messages carry their items: one for each template.
//
// WeChat pushes them in one way and has shown others in the samples of its pages. A handler that reads all of them is on
// the safe side; [EventShapes] lists them for its test. Where a shape is about JSON only, XML is as in ShapeReal.
type EventShape uint8

// The shapes of events. The wrapper is an element or a field with the name of the event, such as SubscribeMsgPopupEvent.
const (
	// ShapeReal is what WeChat really pushes. XML has the wrapper with a List for each item; JSON has a List at the top, which
	// is an object for one item and an array for several.
	ShapeReal EventShape = iota + 1
	// ShapeArray has an array in JSON for one item, too.
	ShapeArray
	// ShapeWrapped has the wrapper in JSON, too, with the List in it.
	ShapeWrapped
	// ShapeWrappedArray is ShapeWrapped with an array for one item, too.
	ShapeWrappedArray
	// ShapeBare has no List: the wrapper is the item itself, in XML once for each, in JSON an array of several.
	ShapeBare
	// ShapeBareArray is ShapeBare with an array in JSON for one item, too.
	ShapeBareArray
	// ShapeForeign is ShapeWrapped with the wrapper of another event: that of the pop-up, and in the event of the pop-up that
	// of the change.
	ShapeForeign
	// ShapeForeignBare is ShapeBare with the wrapper of another event.
	ShapeForeignBare
)

// EventShapes lists all shapes, the real one first.
func EventShapes() []EventShape {
	var list []EventShape
	for s := ShapeReal; int(s) < len(shapeRules); s++ {
		list = append(list, s)
	}
	return list
}

// shapeRules says what the shapes differ in.
var shapeRules = []struct {
	wrapped bool // JSON has the wrapper
	bare    bool // there is no List
	array   bool // JSON has an array for one item, too
	foreign bool // the wrapper is another event's
}{
	ShapeReal:         {},
	ShapeArray:        {array: true},
	ShapeWrapped:      {wrapped: true},
	ShapeWrappedArray: {wrapped: true, array: true},
	ShapeBare:         {wrapped: true, bare: true},
	ShapeBareArray:    {wrapped: true, bare: true, array: true},
	ShapeForeign:      {wrapped: true, foreign: true},
	ShapeForeignBare:  {wrapped: true, bare: true, foreign: true},
}

// The events of subscription messages, and their wrappers.
const (
	popupEvent  = "subscribe_msg_popup_event"
	changeEvent = "subscribe_msg_change_event"
	sentEvent   = "subscribe_msg_sent_event"

	popupWrapper  = "SubscribeMsgPopupEvent"
	changeWrapper = "SubscribeMsgChangeEvent"
	sentWrapper   = "SubscribeMsgSentEvent"
)

var wrappers = map[string]string{popupEvent: popupWrapper, changeEvent: changeWrapper, sentEvent: sentWrapper}

// wrapper is the name around the items of an event.
func (s EventShape) wrapper(event string) string {
	switch {
	case !shapeRules[s].foreign:
		return wrappers[event]
	case event == popupEvent:
		return changeWrapper
	}
	return popupWrapper
}

// body makes an event of its head and its items.
func (s EventShape) body(format Format, head fields, event string, items list) fields {
	if format == JSON {
		return append(s.sampleTime(head), s.inJSON(s.wrapper(event), items))
	}
	return append(head, s.inXML(s.wrapper(event), items)...)
}

// sampleTime writes the time as the samples do, which is as a string; real pushes have a number.
func (s EventShape) sampleTime(head fields) fields {
	head = slices.Clone(head)
	for i, e := range head {
		if at, ok := e.value.(int64); ok && s != ShapeReal {
			head[i].value = decimal(at)
		}
	}
	return head
}

func (s EventShape) inJSON(wrapper string, items list) field {
	rule := shapeRules[s]
	var value any = items
	if len(items) == 1 && !rule.array {
		value = items[0]
	}
	switch {
	case rule.bare:
		return field{wrapper, value}
	case rule.wrapped:
		return field{wrapper, fields{{"List", value}}}
	}
	return field{"List", value}
}

func (s EventShape) inXML(wrapper string, items list) fields {
	var out fields
	for _, item := range items {
		if shapeRules[s].bare {
			out = append(out, field{wrapper, item})
		} else {
			out = append(out, field{"List", item})
		}
	}
	if shapeRules[s].bare {
		return out
	}
	return fields{{wrapper, out}}
}
