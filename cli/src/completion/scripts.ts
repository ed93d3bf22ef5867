/** The shells that completion is there for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** What a shell reads to complete `bridgeport`: it asks the program itself. */
export const scripts: Record<Shell, string> = {
  // Bash takes a colon for the end of a word; image names have some, so what is before the last one of
  // the word is taken off the answers. It inserts what it is given as it is: names are quoted, as they come
  // from elsewhere and may have spaces, or be commands. `read` without -r takes the quoting off what was
  // inserted before.
  bash: `_bridgeport() {
  local line="\${COMP_LINE:0:COMP_POINT}" words=() current="" before="" found
  read -a words <<< "$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  current="\${words[\${#words[@]}-1]}"
  case "$current" in *:*) before="\${current%:*}:" ;; esac
  COMPREPLY=()
  while IFS= read -r found; do
    [[ "$found" == "$current"* ]] && COMPREPLY+=("$(printf %q "\${found#"$before"}")")
  done < <(bridgeport __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _bridgeport bridgeport
`,
  // Both sourced and found in fpath.
  zsh: `#compdef bridgeport
_bridgeport() {
  local -a found
  found=(\${(f)"$(bridgeport __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
if [[ "$funcstack[1]" == _bridgeport ]]; then _bridgeport; else compdef _bridgeport bridgeport; fi
`,
  fish: `complete -c bridgeport -f -a '(bridgeport __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};
