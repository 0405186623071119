/* airshed -- GPL-3.0-or-later. The program: MPI, one sub-command, one exit code. */
#include <mpi.h>

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Finalize();
    return 0;
}
