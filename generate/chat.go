package generate

import (
	"errors"
	"fmt"
	"strings"
)

// Message is one message of a chat.
type Message struct {
	Role    string // system, user or assistant
	Content string
}

// ChatTemplate writes a chat as the text that a model was trained on, in the form ChatML:
//
//	<|im_start|>system
//	You are a helpful assistant<|im_end|>
//	<|im_start|>user
//	Hello<|im_end|>
//	<|im_start|>assistant
//
// Its answer ends with <|im_end|>.
type ChatTemplate struct {
	// the content of the first message if a chat does not begin with one of the role system; "" means none
	System string
}

// The templates that ParseChatTemplate knows: the loop of ChatML, before which a first message may be written.
const (
	chatLoop   = `{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`
	chatFor    = `{% for message in messages %}`
	chatFirst  = `{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n`
	chatSecond = `<|im_end|>\n' }}{% endif %}`
)

// ParseChatTemplate returns the template that a model's Jinja source describes: chat_template of
// tokenizer_config.json, or tokenizer.chat_template of a GGUF file. It knows ChatML, with or without a default system
// message, as SmolLM2 has it, and returns an error for other sources.
func ParseChatTemplate(source string) (*ChatTemplate, error) {
	const unknown = "generate: the chat template is not ChatML, want a loop over messages that writes <|im_start|>, the role, the content and <|im_end|>"
	source = strings.ReplaceAll(strings.TrimSpace(source), "\n", `\n`) // a string may have a line end in either form
	rest, ok := strings.CutPrefix(source, chatFor)
	if !ok {
		return nil, errors.New(unknown)
	}
	t := &ChatTemplate{}
	if first, after, ok := strings.Cut(rest, chatSecond); ok {
		system, known := strings.CutPrefix(first, chatFirst)
		if !known || strings.ContainsAny(system, `'{}`) {
			return nil, errors.New(unknown)
		}
		t.System, rest = strings.ReplaceAll(system, `\n`, "\n"), after
	}
	if squeeze(rest) != squeeze(chatLoop) {
		return nil, errors.New(unknown)
	}
	return t, nil
}

// squeeze removes the spaces of a Jinja source, except for those in strings in single quotes.
func squeeze(s string) string {
	parts := strings.Split(s, "'")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.ReplaceAll(parts[i], " ", "")
	}
	return strings.Join(parts, "'")
}

// Format returns the text of a chat, up to the beginning of the assistant's next message. It returns an error if a
// role is not one word, or if a content has the markers of a message, which would let it speak for another role.
func (t *ChatTemplate) Format(messages []Message) (string, error) {
	var b strings.Builder
	write := func(m Message) { fmt.Fprintf(&b, "<|im_start|>%s\n%s<|im_end|>\n", m.Role, m.Content) }
	for i, m := range messages {
		if m.Role == "" || strings.ContainsAny(m.Role, " \n<>|") {
			return "", fmt.Errorf("generate: message %d has the role %q, want system, user or assistant", i, m.Role)
		}
		if strings.Contains(m.Content, "<|im_start|>") || strings.Contains(m.Content, "<|im_end|>") {
			return "", fmt.Errorf("generate: message %d contains <|im_start|> or <|im_end|>", i)
		}
		if i == 0 && m.Role != "system" && t.System != "" {
			write(Message{"system", t.System})
		}
		write(m)
	}
	b.WriteString("<|im_start|>assistant\n")
	return b.String(), nil
}
