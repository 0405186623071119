/* airshed -- GPL-3.0-or-later. Linked into sanitizer builds only: keeps plug-ins mapped. */

/* Open MPI closes its plug-ins before the leak check runs, which then cannot tell whose memory was
 * left: with the plug-in still mapped its name is known and tests/support/leaks.txt applies. */
int dlclose(void *handle);

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
