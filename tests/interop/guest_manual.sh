# Part of guest_init.sh: ESP states and policies by hand. The keys with salt come in hex: VAM_TO_GATEWAY, VAM_TO_KERNEL.

# state SOURCE DESTINATION SPI KEY
state() {
  ip xfrm state add src "$1" dst "$2" proto esp spi "$3" reqid 1 mode tunnel \
    aead 'rfc4106(gcm(aes))' "0x$4" 128 replay-window 1024 flag esn || end "state $3 failed"
}
# policy DIRECTION FROM TO SOURCE DESTINATION
policy() {
  ip xfrm policy add dir "$1" src "$2" dst "$3" tmpl src "$4" dst "$5" proto esp reqid 1 mode tunnel \
    || end "policy $1 failed"
}
state 192.0.2.2 192.0.2.1 1001 "$VAM_TO_GATEWAY"
state 192.0.2.1 192.0.2.2 2002 "$VAM_TO_KERNEL"
policy out 10.2.0.0/24 10.1.0.0/24 192.0.2.2 192.0.2.1
policy in 10.1.0.0/24 10.2.0.0/24 192.0.2.1 192.0.2.2
